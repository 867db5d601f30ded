/** A modern bundle, and a legacy one for ES5 engines (IE 11); the page picks by itself. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import legacy from '@vitejs/plugin-legacy';
import customProperties from 'postcss-custom-properties';
import { defineConfig } from 'vite';

export default defineConfig({
  root: path.dirname(fileURLToPath(import.meta.url)),
  base: './',
  cacheDir: '../node_modules/.vite',
  esbuild: { jsx: 'automatic' },
  css: { postcss: { plugins: [customProperties({ preserve: false })] } },
  build: { cssTarget: 'ie11', assetsInlineLimit: 0, outDir: 'dist', emptyOutDir: true },
  plugins: [
    legacy({
      targets: ['ie 11'],
      // What our own code and React 17 need beyond ES5, by name: guessing adds 60 kB.
      polyfills: [
        'es.array.find',
        'es.array.iterator',
        'es.map',
        'es.object.assign',
        'es.object.entries',
        'es.promise',
        'es.set',
        'es.string.ends-with',
        'es.string.iterator',
        'es.symbol',
        'web.dom-collections.iterator',
      ],
    }),
  ],
});
