// Fails when the built page would break an old engine: legacy scripts that are not ES5, CSS that IE 11 cannot read,
// requests to elsewhere; or when a bundle has outgrown its budget.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';

const DIST = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../dist');
const ASSETS = path.join(DIST, 'assets');
/** Gzipped kilobytes of all scripts that one browser loads. */
const BUDGETS = { modern: 70, legacy: 110 };
const UNREADABLE_CSS = [
  [/#[0-9a-f]{8}\b|#[0-9a-f]{4}\b(?=[;}\s])/i, 'a colour with alpha in hexadecimal'],
  [/[{;](?:inset|gap|row-gap|column-gap|aspect-ratio|place-[a-z]+):/, 'a property of later years'],
  [/display:(?:inline-)?grid/, 'display: grid'],
  [/:is\(|:where\(|:has\(|:focus-visible|:focus-within|:not\([^)]*,/, 'a selector of later years'],
  [/@(?:layer|container|supports)/, 'an at-rule of later years'],
  [/\b(?:min|max|clamp|var|color-mix)\(/, 'a function of later years'],
];

const problems = [];
const sizes = { modern: 0, legacy: 0 };

function checkEs5(name, source) {
  try {
    parse(source, { ecmaVersion: 5 });
  } catch (error) {
    const near = source.slice(Math.max(0, error.pos - 30), error.pos + 30);
    problems.push(`${name} is not ES5: ${error.message}, near "${near}"`);
  }
  // Nothing can stand in for these.
  if (/\bnew Proxy\(|\bBigInt\(/.test(source)) problems.push(`${name} uses Proxy or BigInt`);
}

function checkCss(name, source) {
  for (const [pattern, what] of UNREADABLE_CSS) {
    const found = pattern.exec(source);
    if (found) problems.push(`${name}: IE 11 cannot read ${what}, near "${source.slice(Math.max(0, found.index - 30), found.index + 30)}"`);
  }
  if (/url\((?!['"]?(?:\.|data:))/.test(source)) problems.push(`${name} refers to something outside the bundle`);
}

const html = readFileSync(path.join(DIST, 'index.html'), 'utf8');
const inline = [...html.matchAll(/<script nomodule[^>]*>([^<]+)<\/script>/g)];
for (const [, source] of inline) checkEs5('index.html', source);
if (!/X-UA-Compatible" content="IE=edge"/.test(html)) problems.push('index.html lost its X-UA-Compatible');
if (/(?:src|href)="(?:https?:)?\/\//.test(html)) problems.push('index.html refers to another host');

for (const name of readdirSync(ASSETS)) {
  const source = readFileSync(path.join(ASSETS, name), 'utf8');
  if (name.endsWith('.css')) checkCss(name, source);
  if (!name.endsWith('.js')) continue;
  const bundle = name.includes('-legacy') ? 'legacy' : 'modern';
  if (bundle === 'legacy') checkEs5(name, source);
  sizes[bundle] += gzipSync(source, { level: 9 }).length / 1000;
}
for (const [bundle, budget] of Object.entries(BUDGETS)) {
  if (sizes[bundle] === 0) problems.push(`there is no ${bundle} bundle in ${ASSETS}`);
  if (sizes[bundle] > budget) problems.push(`the ${bundle} bundle has ${sizes[bundle].toFixed(1)} kB gzipped, its budget is ${budget} kB`);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`Legacy is ES5. Gzipped: modern ${sizes.modern.toFixed(1)} kB, legacy ${sizes.legacy.toFixed(1)} kB.`);
