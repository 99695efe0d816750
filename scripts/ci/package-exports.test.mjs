import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExports, readTableNames } from './package-exports.mjs';
import { root } from './run-command.mjs';

describe.each(readdirSync(join(root, 'packages')).sort())('@mmhs/%s', (name) => {
  const folder = join(root, 'packages', name);
  const exported = readExports(folder);
  const named = readTableNames(readFileSync(join(folder, 'README.md'), 'utf8'));

  it('lists in its README all it exports but types, and nothing else', () => {
    expect(exported.filter(({ isType }) => !isType).map((each) => each.name).filter((each) => !named.has(each))).toEqual([]);
    const all = new Set(exported.map((each) => each.name));
    expect([...named].filter((each) => !all.has(each))).toEqual([]);
  });

  it('documents every export', () => {
    expect(exported.filter(({ isDocumented }) => !isDocumented).map((each) => each.name)).toEqual([]);
  });
});

it('exports are found through files that pass them on, with what is written above them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmhs-exports-'));
  const files = {
    'package.json': JSON.stringify({ exports: { '.': { '@mmhs/source': 'index.ts' }, './package.json': './package.json' } }),
    'index.ts': "export { a, b as c, type T } from './middle.ts';\nexport { other } from 'elsewhere';\n",
    'middle.ts': "export { a } from './low.ts';\n/** Told. */\nexport const b = 1;\nexport interface T {}\n",
    'low.ts': '/** Told. */\nexport function a(): void {}\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const found = readExports(folder);
  rmSync(folder, { recursive: true });
  expect(found).toEqual([
    { name: 'a', isType: false, isDocumented: true }, { name: 'c', isType: false, isDocumented: true },
    { name: 'T', isType: true, isDocumented: false }, { name: 'other', isType: false, isDocumented: true },
  ]);
});

it('the names of a README are those in the first column of its tables of exports', () => {
  const readme = [
    'Text with `code`.', '', '| export | what it does |', '|---|---|', '| `first(a \\| b, { c })`, `second third` | calls `other` |',
    '| `object.method()` | |', '', '| size | `x` |', '|---|---|', '| `y` | |',
  ].join('\n');
  expect([...readTableNames(readme)]).toEqual(['first', 'second', 'third']);
});
