// Types are checked strictly, and the parts keep to themselves: core knows neither React nor WAMP, WAMP no React,
// features no WAMP; main.tsx alone puts them together.
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const REACT = ['react', 'react-dom', 'react/*', 'react-dom/*', 'use-sync-external-store/*'];

function mayNotImport(folder, patterns) {
  return {
    files: [`web/src/${folder}/**/*.{ts,tsx}`],
    ignores: ['**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: patterns.map(([group, message]) => ({ group, message })) },
      ],
    },
  };
}

const testing = [['**/testing/*'], 'Nothing for tests in the bundle.'];

export default tseslint.config(
  { ignores: ['web/dist/**', 'web/src/protocol/*.gen.ts'] },
  js.configs.recommended,
  {
    files: ['web/**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      'max-lines': ['error', 400],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['web/src/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat['recommended-latest']] },
  mayNotImport('core', [
    [REACT, 'core is pure.'],
    [['**/wamp/*', '**/features/**', '**/ui/*'], 'core knows nobody.'],
    testing,
  ]),
  mayNotImport('protocol', [[REACT, 'protocol is pure.'], [['../**'], 'protocol knows nobody.']]),
  mayNotImport('wamp', [[REACT, 'wamp only carries.'], [['**/features/**', '**/ui/*'], 'wamp draws nothing.'], testing]),
  mayNotImport('features', [[['**/wamp/*'], 'Features get functions from main.tsx.'], testing]),
  mayNotImport('ui', [[['**/wamp/*', '**/features/**'], 'ui is for everybody.'], testing]),
  {
    files: ['web/scripts/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
