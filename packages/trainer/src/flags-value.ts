import { z } from 'zod';
import type { Setting } from './flags-settings.ts';

const truths: Readonly<Record<string, boolean>> = {
  true: true, yes: true, on: true, '1': true,
  false: false, no: false, off: false, '0': false,
};

/** A word for `true` or `false` as its value, or undefined for any other word. */
export function readBoolean(text: string): boolean | undefined {
  return truths[text.toLowerCase()];
}

/**
 * Turns a flag's or variable's text into the value its setting wants: numbers, booleans, lists (`a,b` or a JSON array),
 * tables (`key=value,key=value` or a JSON object), and `none` or nothing for null where null is allowed.
 *
 * A text that does not fit is returned as it is, for the schema to refuse.
 */
export function readSettingText(setting: Setting, text: string): unknown {
  if (setting.nullable && (text === '' || text.toLowerCase() === 'none' || text.toLowerCase() === 'null')) return null;
  return readText(setting.type, text);
}

function readText(type: unknown, text: string): unknown {
  if (type instanceof z.ZodBoolean) return readBoolean(text) ?? text;
  if (type instanceof z.ZodNumber) return readNumber(text);
  if (type instanceof z.ZodArray) return readList(type, text);
  if (type instanceof z.ZodRecord) return readTable(type, text);
  if (type instanceof z.ZodLiteral) return [...type.values].find((value) => String(value) === text) ?? text;
  return text;
}

function readNumber(text: string): number | string {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

function readList(type: z.ZodArray, text: string): unknown {
  const items = readJson(text, '[') ?? splitList(text);
  return Array.isArray(items) ? items.map((item) => (typeof item === 'string' ? readText(type.element, item) : item)) : items;
}

function readTable(type: z.ZodRecord, text: string): unknown {
  const table = readJson(text, '{');
  if (table !== undefined) return table;
  const pairs = splitList(text).map((pair) => /^(.+)=([^=]*)$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return text;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1], readText(type.valueType, pair?.[2] ?? '')]));
}

/** A text that starts with `opening`, as JSON; undefined when it does not, or is not JSON. */
export function readJson(text: string, opening: string): unknown {
  if (!text.trimStart().startsWith(opening)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Items of a comma list, without blanks around them; none of an empty text. */
export function splitList(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}

/** Word for a setting's values in the help, such as `INTEGER` or `linear|cosine`; undefined for booleans. */
export function describeType(setting: Setting): string | undefined {
  const { type, description } = setting;
  if (type instanceof z.ZodBoolean) return undefined;
  if (description.value !== undefined) return description.value;
  if (type instanceof z.ZodEnum) return type.options.join('|');
  if (type instanceof z.ZodLiteral) return [...type.values].join('|');
  if (type instanceof z.ZodNumberFormat) return 'INTEGER';
  if (type instanceof z.ZodNumber) return 'NUMBER';
  if (type instanceof z.ZodArray) return 'A,B,...';
  if (type instanceof z.ZodRecord) return 'KEY=VALUE,...';
  return 'TEXT';
}

/** Whether a setting is switched on and off. */
export function isSwitch(setting: Setting): boolean {
  return setting.type instanceof z.ZodBoolean;
}
