import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { useTemporaryFolder } from './__fixtures__/temporary-folder.ts';
import * as library from './index.ts';

const folder = useTemporaryFolder();

it('the example of the README prints what its comments say', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)![1]!;
  const path = await folder.write('posts.csv', block('csv'));
  const code = block('js');
  const body = code
    .replace(/import (\{.*\}) from '@mmhs\/data';/, 'const $1 = library;')
    .replaceAll("'posts.csv'", JSON.stringify(path));
  const printed: string[] = [];
  const log = (value: unknown): unknown => printed.push(JSON.stringify(value).replaceAll(path, basename(path)));
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction('library', 'console', body)(library, { log });
  expect(printed).toEqual([...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]));
  expect(printed).toHaveLength(5);
});
