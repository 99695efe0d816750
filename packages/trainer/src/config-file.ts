import { readFile } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { GivenValue, GivenValues } from './flags-parse.ts';
import { indexSettings, toSnakeCase, type Setting } from './flags-settings.ts';
import { suggestName } from './flags-suggest.ts';
import { readSettingText } from './flags-value.ts';

/**
 * Reads a config file: a YAML 1.2 mapping, or a JSON object, which is the same thing, of settings by their names.
 *
 * @throws MmhsError `MMHS_CONFIG_FILE` when it cannot be read or is no mapping, `MMHS_CONFIG_UNKNOWN` for an unknown key, with
 * file, line, column and the nearest known key.
 */
export async function readConfigFile(options: {
  readonly path: string;
  /** How messages call the file. @default the path */
  readonly name?: string;
  readonly settings: readonly Setting[];
}): Promise<GivenValues> {
  const { path, name = path, settings } = options;
  const lines = new LineCounter();
  const document = parseDocument(await readText(path, name), { lineCounter: lines });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [problem] = document.errors;
  if (problem !== undefined) {
    const got = problem.message.split('\n')[0] ?? problem.code;
    throw new MmhsError('MMHS_CONFIG_FILE', 'The config file is not valid YAML or JSON', { where: placeOf(problem.pos[0]), got });
  }
  if (document.contents === null) return new Map();
  if (!isMap(document.contents)) {
    throw new MmhsError('MMHS_CONFIG_FILE', 'The config file is not a mapping', {
      where: name, expected: 'lines such as "learning_rate: 2.0e-4"',
    });
  }
  const known = indexSettings(settings);
  const plain = document.toJS() as Readonly<Record<string, unknown>>;
  const given = new Map<string, GivenValue>();
  for (const { key } of document.contents.items) {
    const text = isScalar(key) ? String(key.value) : String(key);
    const where = isScalar(key) && key.range ? placeOf(key.range[0]) : name;
    const setting = known.get(toSnakeCase(text));
    if (setting === undefined) throw unknownKey(text, where, known);
    const value = plain[text];
    given.set(setting.name, {
      value: typeof value === 'string' ? readSettingText(setting, value) : value,
      where: `${where} ${text}`,
    });
  }
  return given;
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MmhsError('MMHS_CONFIG_FILE', 'The config file cannot be read', { where: name, got, cause });
  }
}

function unknownKey(key: string, where: string, known: ReadonlyMap<string, Setting>): MmhsError {
  const nearest = suggestName(toSnakeCase(key), known.keys());
  return new MmhsError('MMHS_CONFIG_UNKNOWN', 'There is no such setting', {
    where,
    got: JSON.stringify(key),
    fix: nearest === undefined ? 'see --help for the settings there are' : `did you mean ${nearest}?`,
  });
}
