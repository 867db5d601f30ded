// Writes src/protocol/*.gen.ts from the Python contract; with --check it only says whether they are fresh.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const OUTPUT = path.join(ROOT, 'web/src/protocol');
const BANNER = '// Generated from backend/trapline/protocol by `npm run gen`. Do not edit.\n';

function readContract() {
  const venv = path.join(ROOT, '.venv/bin/python');
  const python = existsSync(venv) ? venv : 'python3';
  return JSON.parse(
    execFileSync(python, ['-m', 'trapline.protocol.export'], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: path.join(ROOT, 'backend') },
    }),
  );
}

/** A default beside a $ref makes json-schema-to-typescript write the type a second time: defaults are decode.ts's. */
const withoutDefaults = (key, value) => (key === 'default' ? undefined : value);

async function types(contract) {
  const { $defs, severities } = JSON.parse(JSON.stringify(contract, withoutDefaults));
  const schema = { title: 'Message', anyOf: Object.keys($defs).map((name) => ({ $ref: `#/$defs/${name}` })), $defs };
  const source = await compile(schema, 'Message', {
    additionalProperties: false,
    bannerComment: BANNER,
    style: { singleQuote: true, printWidth: 120 },
  });
  return `${source}\n/** From harmless to worst. */\nexport const SEVERITIES: readonly Severity[] = ${list(severities)};\n`;
}

function uris({ uris: names }) {
  return BANNER + Object.entries(names).map(([name, uri]) => `export const ${name} = '${uri}';\n`).join('');
}

const list = (words) => `[${words.map((word) => `'${word}'`).join(', ')}]`;

const contract = readContract();
const files = { 'types.gen.ts': await types(contract), 'uris.gen.ts': uris(contract) };
for (const [name, source] of Object.entries(files)) {
  const file = path.join(OUTPUT, name);
  if (!process.argv.includes('--check')) writeFileSync(file, source);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== source) {
    console.error(`web/src/protocol/${name} is not what backend/trapline/protocol says: run \`npm run gen\` and commit it.`);
    process.exitCode = 1;
  }
}
