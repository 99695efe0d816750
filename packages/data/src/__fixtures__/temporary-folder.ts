import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder for the files of a test file, removed afterwards. */
export function useTemporaryFolder(): {
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** A path in the folder at which there is nothing yet. */
  fresh(): string;
} {
  let folder = '';
  let counter = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmhs-data-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return {
    async write(name, content) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    fresh() {
      counter += 1;
      return join(folder, `fresh-${counter}`);
    },
  };
}
