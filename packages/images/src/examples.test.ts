import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import * as library from './index.ts';

it('the example of the README prints what its comments say', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```js\n([^]*?)```/.exec(readme)![1]!;
  const body = code
    .replace(/import (\{.*\}) from '@mmhs\/images';/, 'const $1 = library;')
    .replaceAll("'post.jpg'", JSON.stringify(fixturePath('photo_b_q90.jpg')));
  const printed: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction('library', 'console', body)(library, { log: (value: unknown) => printed.push(JSON.stringify(value)) });
  expect(printed).toEqual([...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]));
  expect(printed).toHaveLength(4);
});
