import { defineConfig } from 'tsup';

import { libraryConfig } from '../../tsup.base.ts';

export default defineConfig({
  ...libraryConfig,
  entry: { index: 'src/index.ts', 'family-tools': 'src/family-tools/index.ts', 'hub-settings': 'src/hub-settings.ts' },
});
