import { defineConfig } from 'tsup';

/** Build settings shared by every library: ESM only, types included, for Node 20. */
export const libraryConfig = defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  dts: { compilerOptions: { noEmit: false, allowImportingTsExtensions: true } },
  sourcemap: true,
  clean: true,
});
