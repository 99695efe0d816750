import type { z } from 'zod';

import { MmhsError } from '../errors.ts';

/**
 * Checks the content of one of a checkpoint's JSON files, or a part of it.
 *
 * @param options.file the file's name, for messages.
 * @param options.path where in the file the value stands, such as `text_config`. Default: it is the whole file.
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function parseCheckpointFile<Schema extends z.ZodType>(options: {
  readonly schema: Schema;
  readonly value: unknown;
  readonly file: string;
  readonly path?: string;
}): z.infer<Schema> {
  const { schema, value, file, path = '' } = options;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [path, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The configuration is not usable', {
    where: field === '' ? file : `${file}: ${field}`,
    got: describe(valueAt(value, issue?.path ?? [])),
    expected: issue?.message ?? 'another value',
    cause: result.error,
  });
}

/**
 * Makes sure that a configuration is complete and agrees with itself.
 *
 * @param details.field the field that is blamed, with the path to it; `file` where it stands, config.json by default.
 * @throws MmhsError `MMHS_MODEL_CONFIG` when it does not hold.
 */
export function checkModelConfig(
  holds: boolean,
  details: { readonly file?: string; readonly field: string; readonly got: number | undefined; readonly expected: string },
): asserts holds {
  if (holds) return;
  const { file = 'config.json', field, got, expected } = details;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The configuration is incomplete or contradicts itself', {
    where: `${file}: ${field}`,
    got: describe(got),
    expected,
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
