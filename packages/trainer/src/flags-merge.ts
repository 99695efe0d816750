import { MmhsError } from '@mmhs/core';
import type { z } from 'zod';
import type { GivenValue, GivenValues } from './flags-parse.ts';
import type { SettingsSchema } from './flags-settings.ts';

/**
 * Merges values of several sources, the first of which win, and checks them against the schema, which adds the defaults.
 *
 * @throws MmhsError `MMHS_CONFIG_INVALID` naming every value that is not usable and where it came from.
 */
export function mergeSettings<Schema extends SettingsSchema>(options: {
  readonly schema: Schema;
  /** Given values, strongest first. */
  readonly layers: readonly GivenValues[];
}): { readonly settings: z.output<Schema>; readonly given: GivenValues } {
  const given = new Map(options.layers.toReversed().flatMap((layer) => [...layer]));
  const input = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const result = options.schema.safeParse(input);
  if (result.success) return { settings: result.data, given };
  const faults = result.error.issues.map((issue) => describeFault(issue, given));
  const [first] = faults;
  if (faults.length === 1 && first !== undefined) {
    throw new MmhsError('MMHS_CONFIG_INVALID', 'The value is not usable', { ...first, fix: 'see --help' });
  }
  const list = faults.map(({ where, got, expected }) => `\n  ${where}: got ${got}; expected ${expected}`);
  throw new MmhsError('MMHS_CONFIG_INVALID', `${faults.length} settings are not usable:${list.join('')}`, { fix: 'see --help' });
}

interface Fault {
  readonly where: string;
  readonly got: string;
  readonly expected: string;
}

function describeFault(issue: z.core.$ZodIssue, given: ReadonlyMap<string, GivenValue>): Fault {
  const [name, ...inside] = issue.path.map(String);
  const value = given.get(name ?? '');
  const part = inside.reduce<unknown>((whole, key) => (whole as Record<string, unknown> | undefined)?.[key], value?.value);
  return {
    where: [value?.where ?? `--${name}`, ...inside].join('.'),
    got: value === undefined ? 'no value' : (JSON.stringify(part) ?? String(part)),
    expected: value === undefined ? 'a value' : issue.message.replace(/^Invalid (input|option): expected /, '').replace(/^Too (small|big): expected /, ''),
  };
}
