import type { Tokenizer } from '@mmhs/core';
import { expect, it } from 'vitest';
import { readAnswer } from './read-answer.ts';

const end = 0x11_0000;
/** A token a character, Unicode in its composed form, as the tokenizer of Qwen2-VL has it. */
const tokenizer: Tokenizer = {
  encode: (text) => [...text.normalize('NFC')].map((character) => character.codePointAt(0) as number),
  decode: (ids) => String.fromCodePoint(...ids.filter((id) => id !== end)),
  specialId: () => end,
};
const language = {
  labelSet: ['haine', 'de\u0301nigrement'],
  encode: (labels: readonly string[]) => [...tokenizer.encode(JSON.stringify(labels).replaceAll(',', ', ')), end],
};
const read = (ids: readonly number[], ended = true) => readAnswer({ answer: { ids: [...ids], ended }, tokenizer, language });

it('takes the canonical answer for valid, also with a label that the tokenizer cannot write as the label set spells it', () => {
  expect(read(language.encode(['haine']))).toEqual({ labels: ['haine'], rawText: '["haine"]', valid: true });
  expect(read(language.encode(language.labelSet))).toEqual({ labels: language.labelSet, rawText: '["haine", "d\u00E9nigrement"]', valid: true });
});

it('reads what it can of other answers, and calls them invalid', () => {
  expect(read([...tokenizer.encode('["Haine"]'), end])).toMatchObject({ labels: ['haine'], valid: false });
  expect(read([...tokenizer.encode('["haine", "amour"]'), end])).toMatchObject({ labels: ['haine'], valid: false });
  expect(read([...tokenizer.encode('["D\u00E9nigrement"]'), end])).toMatchObject({ labels: ['de\u0301nigrement'], valid: false });
  expect(read(tokenizer.encode('["haine"]'), false)).toMatchObject({ labels: ['haine'], valid: false });
  expect(read([...tokenizer.encode('no idea'), end])).toMatchObject({ labels: [], valid: false });
});
