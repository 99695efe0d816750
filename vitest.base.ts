import { defineConfig } from 'vitest/config';

const conditions = ['@mmhs/source', 'module', 'node', 'development|production'];

/** Test settings shared by every package: dependencies are read from their sources, so nothing needs building. */
export const vitestConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { clearMocks: true, testTimeout: 30_000, include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
});
