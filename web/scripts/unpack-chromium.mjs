// A Chromium for the tests, from npm: no system package, no download of our own. Usage: unpack-chromium.mjs DIRECTORY
// @sparticuz/chromium ships the headless shell packed, with the few libraries that a bare system lacks (NSS, expat).
// Writes DIRECTORY/chromium/ and DIRECTORY/bin/chromium, which starts it with those libraries; it must then say its version.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const root = resolve(process.argv[2]);
const packed = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../../bin');
const unpacked = (name) => brotliDecompressSync(readFileSync(join(packed, `${name}.br`)));

const home = join(root, 'chromium');
const making = `${home}.partial`;
rmSync(making, { recursive: true, force: true });
mkdirSync(making, { recursive: true });
writeFileSync(join(making, 'chromium'), unpacked('chromium'), { mode: 0o755 });
execFileSync('tar', ['--extract', '--directory', making], { input: unpacked('al2023.tar') });
rmSync(home, { recursive: true, force: true });
renameSync(making, home);

const launcher = join(root, 'bin', 'chromium');
writeFileSync(
  launcher,
  `#!/bin/sh\nLD_LIBRARY_PATH='${home}/lib'\nexport LD_LIBRARY_PATH\nexec '${home}/chromium' "$@"\n`,
);
chmodSync(launcher, 0o755);
try {
  execFileSync(launcher, ['--no-sandbox', '--version'], { stdio: ['ignore', 'inherit', 'inherit'] });
} catch (error) {
  rmSync(launcher);
  throw error;
}
