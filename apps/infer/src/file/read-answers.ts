import { createReadStream } from 'node:fs';
import { MmhsError } from '@mmhs/core';
import { z } from 'zod';
import type { AdapterFacts } from '../labelling/post.ts';

const rowSchema = z.object({ id: z.string(), post_hash: z.string().optional(), adapter: z.string(), adapter_version: z.string() });
const lineFeed = 0x0a;

/**
 * Reads which posts a file answers, line by line.
 *
 * @returns their identifiers with the hashes of the posts, and the length of the file in bytes up to its last whole line.
 * @throws MmhsError `MMHS_DATA_OUTPUT` naming the first whole line that is not an answer of the adapter.
 */
export async function readAnswers(options: {
  readonly path: string;
  readonly adapter: AdapterFacts;
}): Promise<{ readonly posts: Map<string, string | undefined>; readonly length: number }> {
  const { path, adapter } = options;
  const posts = new Map<string, string | undefined>();
  let length = 0;
  let row = 0;
  for await (const line of wholeLines(path)) {
    row += 1;
    length += line.length + 1;
    const { id, post_hash: hash } = readRow(line, `${path}:${row}`, adapter);
    posts.set(id, hash);
  }
  return { posts, length };
}

function readRow(line: Buffer, where: string, adapter: AdapterFacts): z.infer<typeof rowSchema> {
  const fail = (got: string, expected: string): never => {
    throw new MmhsError('MMHS_DATA_OUTPUT', 'The output file holds something else', {
      where, got, expected, fix: 'name another --output, or pass --overwrite',
    });
  };
  const { data: row } = rowSchema.safeParse(parse(line.toString()));
  if (row === undefined) return fail(line.toString().slice(0, 80), 'an answer of this command, or an empty file');
  if (row.adapter_version === adapter.version) return row;
  return fail(`an answer of the adapter ${row.adapter}, version ${row.adapter_version}`, `${adapter.name}, version ${adapter.version}`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Lines that end with a line feed, without it. What comes after the last one was half-written. */
async function* wholeLines(path: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed)) {
      yield bytes.subarray(0, end);
      bytes = bytes.subarray(end + 1);
    }
    rest = bytes;
  }
}
