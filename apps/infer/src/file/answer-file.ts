import { open } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import type { AdapterFacts } from '../labelling/post.ts';
import { readAnswerIds } from './read-answer-ids.ts';

/** A JSON Lines file that answers are added to. */
export interface AnswerFile {
  /** Posts whose answers are in it. */
  readonly ids: ReadonlySet<string>;
  /** Adds whole lines, in one piece. */
  append(rows: readonly { readonly id: string }[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file, reads which posts it answers already and cuts off a last line that a killed run left half-written.
 *
 * @throws MmhsError `MMHS_DATA_OUTPUT` when it holds lines that are not this adapter's answers.
 */
export async function openAnswerFile(options: {
  readonly path: string;
  readonly adapter: AdapterFacts;
  readonly overwrite: boolean;
}): Promise<AnswerFile> {
  const { path, adapter, overwrite } = options;
  const file = await open(path, overwrite ? 'w+' : 'a+').catch((cause: Error) => {
    throw new MmhsError('MMHS_DATA_OUTPUT', 'The file cannot be written', { where: path, got: cause.message, cause });
  });
  try {
    const { ids, length } = await readAnswerIds({ path, adapter });
    await file.truncate(length);
    return {
      ids,
      async append(rows) {
        await file.appendFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        for (const { id } of rows) ids.add(id);
      },
      async close() {
        await file.datasync();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
