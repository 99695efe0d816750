import { parseArgs } from 'node:util';
import { MmhsError } from '@mmhs/core';
import { indexSettings, toSnakeCase, type Setting } from './flags-settings.ts';
import { suggestName } from './flags-suggest.ts';
import { isSwitch, readBoolean, readSettingText } from './flags-value.ts';

/** A value somebody gave, and where, for messages: `--learning_rate`, `MMHS_LEARNING_RATE`, `run.yaml:3`. */
export interface GivenValue {
  readonly value: unknown;
  readonly where: string;
}

/** Given values by setting name. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

/**
 * Reads a command line: `--learning_rate 1e-4`, `--learning-rate=1e-4`, `--bf16`, `--no-bf16`, `--bf16 false`. A list's flag
 * given again adds to the list, any other counts the last time; a lone `--` is passed over, because package managers let it
 * through.
 *
 * @throws MmhsError `MMHS_CONFIG_UNKNOWN` for an unknown flag, with the nearest known one, and `MMHS_CONFIG_INVALID` for a
 * flag without its value or a word that belongs to no flag.
 */
export function parseFlags(options: { readonly argv: readonly string[]; readonly settings: readonly Setting[] }): GivenValues {
  const given = new Map<string, GivenValue>();
  const known = indexSettings(options.settings);
  const words = options.argv.filter((word) => word !== '--');
  const values = Object.fromEntries(
    [...known].flatMap(([name, setting]) =>
      [name, name.replaceAll('_', '-')].map((flag) => [flag, { type: isSwitch(setting) ? 'boolean' : 'string' } as const]),
    ),
  );
  const { tokens } = parseArgs({ args: words, options: values, strict: false, allowPositionals: true, tokens: true });
  // Only the word right after a switch may be its value; any other word on its own is a mistake.
  let lastSwitch: { setting: Setting; where: string; index: number } | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const value = token.index - 1 === lastSwitch?.index ? readBoolean(token.value) : undefined;
      if (lastSwitch === undefined || value === undefined) throw strayWord(token.value);
      given.set(lastSwitch.setting.name, { value, where: lastSwitch.where });
      lastSwitch = undefined;
    } else if (token.kind === 'option') {
      const flag = readFlag({ where: token.rawName, name: token.name, text: token.value, known });
      const before = given.get(flag.setting.name)?.value;
      const value = Array.isArray(before) && Array.isArray(flag.value) ? [...(before as unknown[]), ...(flag.value as unknown[])] : flag.value;
      given.set(flag.setting.name, { value, where: token.rawName });
      const open = isSwitch(flag.setting) && token.value === undefined && flag.value === true;
      lastSwitch = open ? { setting: flag.setting, where: token.rawName, index: token.index } : undefined;
    }
  }
  return given;
}

interface FlagText {
  readonly where: string;
  readonly name: string;
  readonly text: string | undefined;
  readonly known: ReadonlyMap<string, Setting>;
}

function readFlag({ where, name, text, known }: FlagText): { readonly setting: Setting; readonly value: unknown } {
  const setting = known.get(toSnakeCase(name));
  if (setting === undefined) return readNegation({ where, name, text, known });
  if (text === undefined && isSwitch(setting)) return { setting, value: true };
  if (text === undefined || (text.startsWith('--') && text.length > 2)) {
    throw new MmhsError('MMHS_CONFIG_INVALID', 'The flag needs a value', {
      where,
      got: text === undefined ? 'nothing after it' : `the flag ${text} after it`,
      fix: `write ${where}=VALUE`,
    });
  }
  return { setting, value: readSettingText(setting, text) };
}

function readNegation({ where, name, text, known }: FlagText): { readonly setting: Setting; readonly value: boolean } {
  const positive = /^no[-_](.+)$/.exec(name)?.[1];
  const setting = positive === undefined ? undefined : known.get(toSnakeCase(positive));
  if (setting === undefined || !isSwitch(setting)) throw unknownFlag(where, name, known);
  if (text !== undefined) {
    throw new MmhsError('MMHS_CONFIG_INVALID', 'A --no- flag takes no value', {
      where, got: text, fix: `write --${setting.name}=${text} or --no-${setting.name}`,
    });
  }
  return { setting, value: false };
}

function unknownFlag(where: string, name: string, known: ReadonlyMap<string, Setting>): MmhsError {
  const nearest = suggestName(toSnakeCase(name), known.keys());
  return new MmhsError('MMHS_CONFIG_UNKNOWN', 'There is no such flag', {
    where,
    fix: nearest === undefined ? 'see --help for the flags there are' : `did you mean --${nearest}?`,
  });
}

function strayWord(word: string): MmhsError {
  return new MmhsError('MMHS_CONFIG_INVALID', 'A word belongs to no flag', {
    got: JSON.stringify(word),
    fix: 'put values right after their flags, and quote values that hold blanks',
  });
}

/**
 * Reads variables named after settings: `MMHS_LEARNING_RATE=1e-4`.
 *
 * @throws MmhsError `MMHS_CONFIG_UNKNOWN` for a variable with the prefix that names no setting.
 */
export function parseEnvironment(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: readonly Setting[];
  /** Prefix of the variables, such as `MMHS_`. */
  readonly prefix: string;
}): GivenValues {
  const { env, prefix } = options;
  const known = indexSettings(options.settings);
  const given = new Map<string, GivenValue>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || text === undefined) continue;
    const setting = known.get(variable.slice(prefix.length).toLowerCase());
    if (setting === undefined) throw unknownVariable(variable, prefix, known);
    given.set(setting.name, { value: readSettingText(setting, text), where: variable });
  }
  return given;
}

function unknownVariable(variable: string, prefix: string, known: ReadonlyMap<string, Setting>): MmhsError {
  const nearest = suggestName(variable.slice(prefix.length).toLowerCase(), known.keys());
  return new MmhsError('MMHS_CONFIG_UNKNOWN', 'The environment variable names no setting', {
    where: variable,
    fix: nearest === undefined ? 'unset it' : `did you mean ${prefix}${nearest.toUpperCase()}?`,
  });
}
