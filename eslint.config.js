import tseslint from 'typescript-eslint';
import { importDirection } from './scripts/ci/lint/import-direction.mjs';

const defaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Export by name, so that a thing is called the same everywhere.',
};
const topLevelAwait = {
  selector: 'AwaitExpression:not(:function *), ForOfStatement[await=true]:not(:function *)',
  message: 'No top-level await in libraries: CommonJS could no longer require() them.',
};
const exportAll = {
  selector: 'ExportAllDeclaration',
  message: 'List what a package exports: an export is a promise to its users.',
};

/** Few rules, each of which guards something the type checker does not. */
export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/coverage/**', '**/.turbo/**', 'runs/**', 'data/**'] },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    languageOptions: { parser: tseslint.parser, sourceType: 'module' },
    plugins: { '@typescript-eslint': tseslint.plugin, mmhs: { rules: { 'import-direction': importDirection } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'mmhs/import-direction': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', defaultExport, topLevelAwait, exportAll],
    },
  },
  {
    files: ['apps/*/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, exportAll] },
  },
  {
    files: ['packages/*/src/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport] },
  },
);
