import { describe, expect, it } from 'vitest';
import { readSettings } from './read-settings.ts';

const code = (...argv: string[]): unknown => {
  try {
    return readSettings(argv).mode;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('readSettings', () => {
  it('finds out what is wanted', () => {
    expect(code('--adapter', 'a', '--text', 'x')).toBe('post');
    expect(code('--adapter', 'a', '--input', 'x.csv', '--output', 'y.jsonl')).toBe('file');
    expect(code('--adapter', 'a', '--serve')).toBe('serve');
  });

  it('refuses nothing to do, two things at once, and answers without a place', () => {
    expect(code('--adapter', 'a')).toBe('MMHS_CONFIG_MISSING');
    expect(code('--adapter', 'a', '--serve', '--text', 'x')).toBe('MMHS_CONFIG_INVALID');
    expect(code('--adapter', 'a', '--input', 'x.csv')).toBe('MMHS_CONFIG_MISSING');
  });

  it('says that the adapter is missing, not that no value is no array', () => {
    expect(() => readSettings(['--text', 'x'])).toThrow(/--adapter: .* got no value; expected a value/u);
  });

  it('gathers adapters named one by one, but only for a server', () => {
    const adapters = ['--adapter', '["runs/a, b"]', '--adapter=runs/c'];
    expect(readSettings([...adapters, '--serve']).settings.adapter).toEqual(['runs/a, b', 'runs/c']);
    expect(readSettings(['--serve', '--adapter', 'a,b']).settings.adapter).toEqual(['a', 'b']);
    expect(code(...adapters, '--text', 'x')).toBe('MMHS_CONFIG_INVALID');
  });
});
