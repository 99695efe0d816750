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
