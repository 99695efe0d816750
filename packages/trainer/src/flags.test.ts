import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  formatValue, listSettings, mergeSettings, parseEnvironment, parseFlags, renderHelp, setting, settingDescriptions, suggestName,
} from './flags.ts';

function field<Field extends z.ZodType>(schema: Field, extra: { aliases?: string[]; byDefault?: string; inert?: string } = {}): Field {
  settingDescriptions.add(schema, { group: 'Things', help: 'A thing.', ...extra });
  return schema;
}

const schema = z.strictObject({
  learning_rate: field(z.number().positive().default(0.1)),
  num_steps: field(z.int().positive().nullable().default(null), { aliases: ['steps'], byDefault: 'all' }),
  bf16: field(z.boolean().default(true), { inert: 'nothing changes.' }),
  strategy: field(z.enum(['epoch', 'no']).default('epoch')),
  layers: field(z.array(z.int()).nullable().default(null)),
  ranks: field(z.record(z.string(), z.int()).default({})),
  zero: field(z.literal([0, 1]).default(0)),
  name: field(z.string().default('')),
});
const settings = listSettings(schema);

function flags(...argv: string[]): Record<string, unknown> {
  return Object.fromEntries([...parseFlags({ argv, settings })].map(([name, { value }]) => [name, value]));
}

describe('a command line', () => {
  it('takes snake_case and kebab-case, values after a blank or an equals sign, and aliases', () => {
    expect(flags('--learning_rate', '1e-4')).toEqual({ learning_rate: 1e-4 });
    expect(flags('--learning-rate=1e-4')).toEqual({ learning_rate: 1e-4 });
    expect(flags('--steps', '7')).toEqual({ num_steps: 7 });
  });

  it('switches booleans on and off in every usual way', () => {
    expect(flags('--bf16')).toEqual({ bf16: true });
    for (const argv of [['--no-bf16'], ['--no_bf16'], ['--bf16=false'], ['--bf16', 'false'], ['--bf16', 'no'], ['--bf16', '0']]) {
      expect(flags(...argv)).toEqual({ bf16: false });
    }
    expect(flags('--bf16', 'True', '--name', 'x')).toEqual({ bf16: true, name: 'x' });
  });

  it('passes over a lone --', () => {
    expect(flags('--', '--name', 'x')).toEqual({ name: 'x' });
    expect(flags('--name', 'x', '--', '--bf16')).toEqual({ name: 'x', bf16: true });
  });

  it('lets the last of two count', () => {
    expect(flags('--name', 'a', '--name=b')).toEqual({ name: 'b' });
  });

  it('gathers what a list is given in several flags', () => {
    expect(flags('--layers', '1', '--name', 'a', '--layers=[2,3]', '--layers', '4,5')).toEqual({ layers: [1, 2, 3, 4, 5], name: 'a' });
    expect(flags('--layers', '1', '--layers', 'none', '--layers', '2')).toEqual({ layers: [2] });
  });

  it('reads lists, tables, choices of numbers, nulls and negative numbers', () => {
    expect(flags('--layers', '1, 2', '--zero', '1', '--ranks', 'q_proj=4,v_proj=2')).toEqual({
      layers: [1, 2], zero: 1, ranks: { q_proj: 4, v_proj: 2 },
    });
    expect(flags('--layers=[3]', '--ranks={"a":1}', '--learning_rate', '-1')).toEqual({
      layers: [3], ranks: { a: 1 }, learning_rate: -1,
    });
    expect(flags('--num_steps', 'none', '--layers', '')).toEqual({ num_steps: null, layers: null });
  });

  it.each([
    [['--learnign_rate', '1'], /--learnign_rate: There is no such flag. To fix: did you mean --learning_rate\?/],
    [['--no-bf61'], /--no-bf61: There is no such flag/],
    [['--no-name'], /There is no such flag/],
    [['--zzz'], /see --help/],
    [['-x'], /-x: There is no such flag/],
    [['--name'], /--name: The flag needs a value; got nothing/],
    [['--name', '--bf16'], /--name: The flag needs a value; got the flag --bf16/],
    [['--no-bf16=true'], /takes no value/],
    [['train.csv'], /"train.csv"/],
    [['--bf16', 'maybe'], /"maybe"/],
    [['--bf16', 'true', 'true'], /"true"/],
  ])('refuses %j', (argv, message) => {
    expect(() => flags(...argv)).toThrow(message);
  });
});

describe('the environment', () => {
  it('names settings in capitals after the prefix', () => {
    const given = parseEnvironment({ env: { MMHS_BF16: 'off', MMHS_STEPS: '3', PATH: '/bin' }, settings, prefix: 'MMHS_' });
    expect([...given]).toEqual([
      ['bf16', { value: false, where: 'MMHS_BF16' }],
      ['num_steps', { value: 3, where: 'MMHS_STEPS' }],
    ]);
  });

  it('refuses a variable that names nothing', () => {
    expect(() => parseEnvironment({ env: { MMHS_STRATEGI: 'no' }, settings, prefix: 'MMHS_' })).toThrow(
      'MMHS_STRATEGI: The environment variable names no setting. To fix: did you mean MMHS_STRATEGY?',
    );
  });
});

describe('merging', () => {
  const layer = (values: Record<string, unknown>, where: string) =>
    new Map(Object.entries(values).map(([name, value]) => [name, { value, where }]));

  it('lets earlier layers win and adds defaults', () => {
    const merged = mergeSettings({ schema, layers: [layer({ name: 'flag' }, '--name'), layer({ name: 'file', zero: 1 }, 'x.yaml')] });
    expect(merged.settings).toMatchObject({ name: 'flag', zero: 1, learning_rate: 0.1 });
    expect(merged.given.get('name')?.where).toBe('--name');
  });

  it('names one unusable value with its source', () => {
    expect(() => mergeSettings({ schema, layers: [layer({ learning_rate: 'fast' }, '--learning_rate')] })).toThrow(
      '--learning_rate: The value is not usable; got "fast"; expected number',
    );
  });

  it('names all unusable values at once', () => {
    const values = { learning_rate: 0, strategy: 'never', ranks: { q: 1.5 } };
    expect(() => mergeSettings({ schema, layers: [layer(values, 'x.yaml')] })).toThrow(
      /3 settings are not usable:\n.*got 0; expected number to be >0\n.*got "never"; expected one of "epoch"\|"no"\n.*x.yaml.q: got 1.5/,
    );
  });
});

describe('suggestions', () => {
  it.each([
    ['leraning_rate', 'learning_rate'],
    ['bf_16', 'bf16'],
    ['learning', 'learning_rate'],
    ['nmae', 'name'],
    ['quantisation', undefined],
  ])('for %s: %s', (name, expected) => {
    expect(suggestName(name, settings.map((setting) => setting.name))).toBe(expected);
  });
});

it('writes values as flags would take them', () => {
  expect([null, ['a', 'b'], ['a,b'], '', false].map(formatValue)).toEqual(['none', 'a,b', '["a,b"]', '""', 'false']);
});

it('writes help from the schema', () => {
  const help = renderHelp({
    schema, summary: 'Does things.', usage: 'do [flags]', examples: [{ command: 'do --bf16', purpose: 'a thing' }], width: 60,
  });
  expect(help).toMatchInlineSnapshot(`
    "Does things.

    USAGE
      do [flags]

    EXAMPLES
      do --bf16
          a thing

    THINGS
      --learning_rate NUMBER
          A thing. [default: 0.1]
      --num_steps, --steps INTEGER
          A thing. [default: all]
      --bf16, --no-bf16
          A thing. No effect here: nothing changes. [default:
          true]
      --strategy epoch|no
          A thing. [default: epoch]
      --layers A,B,...
          A thing. [default: none]
      --ranks KEY=VALUE,...
          A thing. [default: {}]
      --zero 0|1
          A thing. [default: 0]
      --name TEXT
          A thing. [default: ""]
    "
  `);
});

it('settings of one schema keep descriptions of their own', () => {
  const file = z.string().nullable().default(null);
  const schema = z.strictObject({
    from: setting(file, { group: 'Files', value: 'FILE', help: 'What is read.' }),
    to: setting(file, { group: 'Files', value: 'FOLDER', help: 'Where it goes.' }),
  });
  expect(listSettings(schema).map(({ name, description }) => [name, description.value, description.help])).toEqual([
    ['from', 'FILE', 'What is read.'],
    ['to', 'FOLDER', 'Where it goes.'],
  ]);
});
