import { createHash } from 'node:crypto';
import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { buildPrompt, checkFingerprint, promptFingerprint, recordPrompt } from './index.ts';

const prompt = buildPrompt({ labelSet: ['racist', 'sexist'] });
const context = { family: 'smol', maxTokens: '512' };

describe('promptFingerprint', () => {
  it('is the SHA-256 of the record without the fingerprint', () => {
    const { fingerprint, ...content } = recordPrompt({ prompt, context });
    expect(fingerprint).toBe(createHash('sha256').update(JSON.stringify(content)).digest('hex'));
  });

  it('never changes for a prompt, as adapters are stored with it', () => {
    const labelSet = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];
    expect(promptFingerprint({ prompt: buildPrompt({ labelSet }) })).toBe(
      '68b5d802dcaf96854bc2f32d5699df9b32f35916d565775f36763e90aa77ec37',
    );
    const facts = { family: 'smol', chatTemplate: '{{ "é😀" }}', maxTokens: '512' };
    expect(promptFingerprint({ prompt: buildPrompt({ labelSet, preset: 'original' }), context: facts })).toBe(
      '92efcf7c9ea78fc7e2f8a23ecd5582f0f54c10e0c0f925f8221fb18a9754aa31',
    );
  });

  it('does not depend on the order of the context', () => {
    const reordered = { maxTokens: '512', family: 'smol' };
    expect(promptFingerprint({ prompt, context: reordered })).toBe(promptFingerprint({ prompt, context }));
  });

  it('changes with anything that shapes the prompt', () => {
    const variants = [
      { prompt },
      { prompt, context },
      { prompt: { ...prompt, version: 'mmhs-prompt/0' } },
      { prompt: { ...prompt, system: `${prompt.system} ` } },
      { prompt: { ...prompt, labelSet: ['sexist', 'racist'] } },
      { prompt: { ...prompt, userText: 'delimited' as const } },
      { prompt: buildPrompt({ labelSet: ['racist', 'sexist'], preset: 'original' }) },
    ];
    expect(new Set(variants.map(promptFingerprint)).size).toBe(variants.length);
  });
});

describe('checkFingerprint', () => {
  const stored = recordPrompt({ prompt, context });

  it('accepts the same prompt, also after a round trip through JSON', () => {
    expect(() => checkFingerprint({ stored: JSON.parse(JSON.stringify(stored)), current: { prompt, context } })).not.toThrow();
  });

  it('shows where the instructions part', () => {
    const changed = { ...prompt, system: prompt.system.replace('strict', 'lenient') };
    expect(() => checkFingerprint({ stored, current: { prompt: changed, context }, where: 'prompt.json' })).toThrow(
      /^prompt\.json: .* in system; got "You are a lenient.* now; expected "You are a strict.* as in training/,
    );
  });

  it('names a context fact that appeared or vanished', () => {
    expect(() => checkFingerprint({ stored, current: { prompt } })).toThrow(/context\.family; got nothing now; expected "smol"/);
  });

  it('refuses a record that contradicts its own fingerprint', () => {
    const edited = { ...stored, fingerprint: '0'.repeat(64) };
    try {
      checkFingerprint({ stored: edited, current: { prompt, context } });
      expect.unreachable();
    } catch (error) {
      expect(MmhsError.isInstance(error) && error.code).toBe('MMHS_PROMPT_RECORD');
    }
  });
});
