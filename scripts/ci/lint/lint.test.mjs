import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { root } from '../run-command.mjs';
import { whyForbidden, whyNotExternal } from './layers.mjs';

const eslint = new ESLint({ cwd: root });

/** Without the rules that need types: reading a package's types takes seconds. */
const untyped = new ESLint({
  cwd: root,
  overrideConfig: [
    {
      files: ['**/*.ts'],
      languageOptions: { parserOptions: { projectService: false } },
      rules: { '@typescript-eslint/no-floating-promises': 'off', '@typescript-eslint/switch-exhaustiveness-check': 'off' },
    },
  ],
});

/**
 * Lints a planted text in place of an existing file.
 *
 * @param {string} filePath
 * @param {string} text
 * @param {ESLint} linter
 * @returns {Promise<(string | null)[]>} the rules it violates
 */
async function lint(filePath, text, linter = untyped) {
  const [result] = await linter.lintText(text, { filePath: join(root, filePath) });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

describe('the lint fails on a planted violation of', () => {
  const direction = 'mmhs/import-direction';
  it.each([
    ['a pure library importing the engine', 'packages/parse/src/index.ts', "import '@mmhs/graph';"],
    ['a library importing a sibling', 'packages/metrics/src/index.ts', "export type { X } from '@mmhs/parse';"],
    ['the trainer importing a model family', 'packages/trainer/src/index.ts', "import '@mmhs/models-smol';"],
    ['the engine importing a model family', 'packages/graph/src/index.ts', "export const f = () => import('@mmhs/models-smol');"],
    ['a model family importing the trainer', 'packages/models-smol/src/index.ts', "import '@mmhs/trainer';"],
    ['an import by path into another package', 'packages/trainer/src/index.ts', "import '../../graph/src/index.ts';"],
    ['a library importing an app', 'packages/trainer/src/index.ts', "import '../../../apps/trainer/src/main.ts';"],
    ['onnxruntime outside of runtime', 'packages/graph/src/index.ts', "export type T = import('onnxruntime-node').Tensor;"],
    ['sharp outside of images', 'packages/data/src/index.ts', "import 'sharp';"],
  ])('%s', async (_name, filePath, text) => {
    expect(await lint(filePath, text)).toEqual([direction]);
  });

  it.each([
    ['a promise nobody waits for', '@typescript-eslint/no-floating-promises', 'export function f(): void { Promise.resolve(1); }'],
    ['any', '@typescript-eslint/no-explicit-any', 'export const x = (value: any): unknown => value;'],
    [
      'a switch that forgets a case',
      '@typescript-eslint/switch-exhaustiveness-check',
      "export function f(x: 'a' | 'b'): void { switch (x) { case 'a': } }",
    ],
    ['a default export', 'no-restricted-syntax', 'const x = 1; export default x;'],
    ['export *', 'no-restricted-syntax', "export * from './errors.ts';"],
    ['top-level await', 'no-restricted-syntax', 'export const x = await Promise.resolve(1);'],
    ['console', 'no-console', "export const f = (): void => console.log('x');"],
  ])('%s', async (_name, rule, text) => {
    expect(await lint('packages/core/src/index.ts', text, eslint)).toEqual([rule]);
  });

  it('nothing in allowed code', async () => {
    const text = "import '@mmhs/core'; import 'onnxruntime-node'; export const f = async () => await import('@mmhs/graph');";
    expect(await lint('packages/runtime/src/index.ts', text)).toEqual([]);
    expect(await lint('apps/trainer/src/main.ts', "import '@mmhs/trainer'; import '@mmhs/models-smol';")).toEqual([]);
  });
}, 120_000);

describe('the dependencies in package.json', () => {
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => ({ folder, name, file: join(root, folder, name, 'package.json') })),
  );

  it.each(manifests)('of $folder/$name point down the layers', ({ folder, name, file }) => {
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
    const faults = Object.keys({ ...dependencies, ...peerDependencies }).map((dependency) =>
      dependency.startsWith('@mmhs/')
        ? whyForbidden({ folder, name }, { folder: 'packages', name: dependency.slice('@mmhs/'.length) })
        : whyNotExternal({ folder, name }, dependency),
    );
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('let metrics and parse import nothing at all but core', () => {
    for (const name of ['metrics', 'parse']) {
      const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
      expect(Object.keys(dependencies).filter((dependency) => dependency !== '@mmhs/core')).toEqual([]);
    }
  });
});
