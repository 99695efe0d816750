import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as library from './index.ts';

it('the example of the README prints what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```js\n([^]*?)```/.exec(readme)![1]!;
  const printed: string[] = [];
  const body = code.replace(/import (\{.*\}) from '@mmhs\/\w+';/, 'const $1 = library;');
  new Function('library', 'console', body)(library, { log: (value: unknown) => printed.push(JSON.stringify(value)) });
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]);
  expect(printed).toEqual(promised);
  expect(printed.length).toBeGreaterThan(0);
});
