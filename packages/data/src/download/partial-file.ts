import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const partialStateSchema = z.object({
  source: z.string(),
  /** ETag or Last-Modified of the answer that the bytes are from. */
  validator: z.string().nullable(),
  totalBytes: z.number().nullable(),
});

/** What is known about a partial download, besides its bytes. @internal */
export type PartialState = z.infer<typeof partialStateSchema>;

/** A download that is not complete: `<path>.part` with what is known about it in `<path>.part.json`. @internal */
export interface PartialFile {
  readonly path: string;
  /** Bytes that are there and may be continued from `source`. 0 when there is nothing to go on with. */
  open(source: string): Promise<{ readonly offset: number; readonly state: PartialState | undefined }>;
  describe(state: PartialState): Promise<void>;
  discard(): Promise<void>;
}

/** @internal */
export function partialFile(target: string): PartialFile {
  const path = `${target}.part`;
  const statePath = `${path}.json`;
  return {
    path,
    async open(source) {
      const state = await readState(statePath);
      if (state?.source !== source) return { offset: 0, state: undefined };
      return { offset: await sizeOf(path), state };
    },
    async describe(state) {
      await writeFile(statePath, JSON.stringify(state));
    },
    async discard() {
      await Promise.all([rm(path, { force: true }), rm(statePath, { force: true })]);
    },
  };
}

/** A file's size, 0 when there is none. @internal */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function readState(path: string): Promise<PartialState | undefined> {
  try {
    return partialStateSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Missing, or cut off when the machine went down: the download starts afresh.
    return undefined;
  }
}
