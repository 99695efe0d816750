import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import * as library from './index.ts';

it('the example of the README prints what its comment says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```js\n([^]*?)```/.exec(readme)?.[1] ?? '';
  const body = code.replace(/import (\{.*\}) from '@mmhs\/trainer';/, 'const $1 = library;');
  const printed: unknown[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction('library', 'console', body)(library, { log: (value: unknown) => printed.push(value) });
  expect(printed).toEqual([...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]));
  expect(printed).toHaveLength(1);
});
