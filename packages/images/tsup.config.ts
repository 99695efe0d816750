import { defineConfig } from 'tsup';

import { libraryConfig } from '../../tsup.base.ts';

// The thread is loaded by its file name, so it is an entry of its own.
export default defineConfig({ ...libraryConfig, entry: ['src/index.ts', 'src/worker.ts'] });
