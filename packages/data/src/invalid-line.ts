import { isUtf8 } from 'node:buffer';

const lineFeed = 10;
const longestShown = 60;

/** A line that is not UTF-8. */
export interface InvalidLine {
  /** From 1. */
  readonly line: number;
  /** The place in it, with U+FFFD for what cannot be read. */
  readonly excerpt: string;
}

/**
 * The first line that is not UTF-8, sought once reading has failed.
 *
 * @internal
 */
export async function findInvalidLine(chunks: AsyncIterable<Uint8Array>): Promise<InvalidLine | undefined> {
  let line = 1;
  let begun: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const bytes = Buffer.concat([...begun, chunk.subarray(start, end)]);
      if (!isUtf8(bytes)) return { line, excerpt: excerptOf(bytes) };
      begun = [];
      line += 1;
      start = end + 1;
    }
    begun.push(chunk.subarray(start));
  }
  const last = Buffer.concat(begun);
  return isUtf8(last) ? undefined : { line, excerpt: excerptOf(last) };
}

function excerptOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const start = Math.max(0, text.indexOf('\ufffd') - longestShown / 2);
  return text.slice(start, start + longestShown);
}
