import { MmhsError } from '@mmhs/core';
import { readPost, type ReadPostOptions, type RequestedPost } from './read-post.ts';

/** Options of {@link readPosts}. */
export interface ReadPostsOptions extends ReadPostOptions {
  readonly body: Uint8Array;
  /** One JSON object, or one a line. */
  readonly format: 'json' | 'lines';
}

const lineFeed = 0x0a;

/**
 * Reads the posts of a request; `preparePictures` sees to their pictures.
 *
 * @returns one entry a post: one for `json`; for `lines` one a line, so that answers can stand in the place of their lines.
 * @throws MmhsError `MMHS_REQUEST_TOO_LARGE` for too many lines, `MMHS_REQUEST_EMPTY` for none.
 */
export function readPosts({ body, format, ...options }: ReadPostsOptions): RequestedPost[] {
  if (body.length === 0) {
    throw new MmhsError('MMHS_REQUEST_EMPTY', 'The body is empty', {
      got: '0 bytes', expected: 'a post', fix: 'send {"text": "...", "image_base64": "..."}',
    });
  }
  if (format === 'json') return [readPost(body, 'body', options)];
  const count = countLines(body);
  if (count > options.limits.lines) {
    throw new MmhsError('MMHS_REQUEST_TOO_LARGE', 'The request holds too many posts', {
      got: `${count} lines`, expected: `at most ${options.limits.lines}`, fix: 'send fewer lines at a time',
    });
  }
  return splitLines(body).map((line, index) => readPost(line, `line ${index + 1}`, options));
}

/** How many lines {@link splitLines} gives; in a body of line feeds they would take a hundred times its memory. */
function countLines(body: Uint8Array): number {
  let count = body.at(-1) === lineFeed ? 0 : 1;
  for (const byte of body) if (byte === lineFeed) count += 1;
  return count;
}

/** Lines without their ends; what follows the last line feed is a line unless it is empty. */
function splitLines(body: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(lineFeed, start);
    const end = found === -1 ? body.length : found;
    lines.push(body.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
