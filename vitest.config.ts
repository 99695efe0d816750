import { defineConfig } from 'vitest/config';
import { vitestConfig } from './vitest.base.ts';

/** All tests of the repository in one run: every package and app, and the tooling's own. */
export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'apps/*',
      { ...vitestConfig, test: { ...vitestConfig.test, name: 'scripts', include: ['scripts/**/*.test.{ts,mjs}'] } },
    ],
  },
});
