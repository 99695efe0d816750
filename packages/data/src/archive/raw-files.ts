import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The files of a raw data set, in a folder or a zip file. @internal */
export interface RawFiles {
  /** Where they are, for messages. */
  readonly name: string;
  /** Sizes in bytes by path, `/` between folders. */
  readonly files: ReadonlyMap<string, number>;
  /** What was left aside, and why. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
  /** Changes when the files do: a partly made data set is only continued from the same files. */
  readonly identity: string;
  /** Whether placing files takes no room of their own on the disk of `folder`. */
  canLinkTo(folder: string): Promise<boolean>;
  /** A whole file. Throws MmhsError `MMHS_DATA_ARCHIVE_ENTRY` when it is damaged or larger than `maxBytes`. */
  read(path: string, options: { readonly maxBytes: number }): Promise<Buffer>;
  /** Puts a file at `target`, whose folder exists. Throws MmhsError `MMHS_DATA_ARCHIVE_ENTRY` when it is damaged. */
  place(path: string, target: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * The path that is `ending` or ends with `/ending`, the shortest of several: archives differ in the folders around their
 * files.
 *
 * @internal
 */
export function findPath(raw: RawFiles, ending: string): string | undefined {
  let found: string | undefined;
  for (const path of raw.files.keys()) {
    const fits = path === ending || path.endsWith(`/${ending}`);
    if (fits && (found === undefined || path.length < found.length)) found = path;
  }
  return found;
}

/** What {@link RawFiles.identity} of a zip file or folder will be. @internal */
export async function identifyRaw(path: string): Promise<string> {
  const { size, mtimeMs, isFolder } = await stat(path).then(
    (found) => ({ size: found.size, mtimeMs: found.mtimeMs, isFolder: found.isDirectory() }),
    () => ({ size: 0, mtimeMs: 0, isFolder: false }),
  );
  return isFolder ? `folder ${resolve(path)}` : `zip ${resolve(path)} ${size} ${mtimeMs}`;
}
