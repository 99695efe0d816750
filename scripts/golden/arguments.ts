import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command is asked to do. */
export interface GoldenArguments {
  /** Absolute path of the folder with the reference data. */
  readonly folder: string;
  /** Family, `model_type` or sub-folder the model checks are limited to. */
  readonly family: string | undefined;
}

/** How the command is used. */
export const usage = `Usage: pnpm golden --dir FOLDER [--family NAME]

Runs every parity check on a folder with reference data and prints for each: name, measured error, tolerance, ok or NOT OK.
  --dir FOLDER    folder with images/, metrics/, resize.json and a sub-folder for each model
  --family NAME   only models of this family (smol), of this model_type, or in the sub-folder of this name
Exit code: 0 when checks were made and none failed, 1 otherwise, 2 when the command was used wrongly.`;

/** A mistake in how the command was called. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @param base folder that relative paths start from
 * @throws UsageError for unknown, missing or repeated flags.
 */
export function readArguments(args: readonly string[], base: string): GoldenArguments | 'help' {
  // pnpm hands a separating "--" through.
  const [first, ...rest] = args;
  const flags = first === '--' ? rest : [...args];
  const { dir, family, help } = parse(flags);
  if (help === true) return 'help';
  if (dir === undefined || dir === '') throw new UsageError('--dir FOLDER is missing');
  return { folder: resolve(base, dir), family };
}

function parse(args: string[]) {
  try {
    const options = { dir: { type: 'string' }, family: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
