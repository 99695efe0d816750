import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from './tokenizer.ts';

interface Fixture {
  readonly tokenizer: unknown;
  readonly tokenizerConfig: unknown;
  /** Ids by the reference library; `parse` is left out where it equals `literal`. */
  readonly cases: readonly { readonly text: string; readonly literal: number[]; readonly parse?: number[] }[];
  readonly decodes: readonly { readonly ids: number[]; readonly text: string; readonly kept: string }[];
}

function readFixture(kind: string): Fixture {
  return JSON.parse(readFileSync(new URL(`./__fixtures__/tokenizers/${kind}.json`, import.meta.url), 'utf8')) as Fixture;
}

describe.each(['nfc-split', 'byte-fallback', 'digits', 'digits-newer'])('createTokenizer on %s', (kind) => {
  const fixture = readFixture(kind);
  const tokenizer = createTokenizer(fixture);

  it('reads special tokens inside a text as ordinary text', () => {
    for (const { text, literal } of fixture.cases) expect(tokenizer.encode(text), text).toEqual(literal);
  });

  it('reads them as special tokens when asked to', () => {
    expect(fixture.cases.some(({ parse }) => parse !== undefined)).toBe(true);
    for (const { text, literal, parse } of fixture.cases) {
      expect(tokenizer.encode(text, { specialTokens: 'parse' }), text).toEqual(parse ?? literal);
    }
  });

  it('decodes as the reference does, also ids beyond the tokenizer', () => {
    for (const { ids, text, kept } of fixture.decodes) {
      expect(tokenizer.decode(ids)).toBe(text);
      expect(tokenizer.decode(ids, { keepSpecialTokens: true })).toBe(kept);
    }
  });
});

describe('createTokenizer', () => {
  const tokenizer = createTokenizer(readFixture('digits'));

  it('gives no ids for an empty text and no text for no ids', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });

  it('knows special ids and names the one it lacks', () => {
    expect(tokenizer.specialId('<|im_end|>')).toBe(2);
    expect(() => tokenizer.specialId('<nowhere>')).toThrow(/"<nowhere>"/);
  });

  it('refuses what is not a tokenizer', () => {
    expect(() => createTokenizer({ tokenizer: undefined })).toThrow(/no tokenizer\.json/);
    expect(() => createTokenizer({ tokenizer: { added_tokens: 3 } })).toThrow(/added_tokens/);
    expect(() => createTokenizer({ tokenizer: { added_tokens: [] } })).toThrow(/cannot be read/);
  });
});
