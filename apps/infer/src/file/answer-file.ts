import { open } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import type { AdapterFacts } from '../labelling/post.ts';
import { readAnswers } from './read-answers.ts';

/** A JSON Lines file that answers are added to. */
export interface AnswerFile {
  /** Posts whose answers are in it, and the hash of each; undefined in files of an earlier version. */
  readonly posts: ReadonlyMap<string, string | undefined>;
  /** Adds whole lines, in one piece. */
  append(rows: readonly { readonly id: string; readonly post_hash: string }[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file, reads which posts it answers already, and cuts off a last line that a killed run left half-written.
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
    const { posts, length } = await readAnswers({ path, adapter });
    await file.truncate(length);
    return {
      posts,
      async append(rows) {
        await file.appendFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        for (const { id, post_hash: hash } of rows) posts.set(id, hash);
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
