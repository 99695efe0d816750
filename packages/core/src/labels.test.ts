import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MmhsError } from './errors.ts';
import { canonicalizeLabels, defineLabelSet } from './labels.ts';

const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text);
const labelSets = fc.uniqueArray(name, { minLength: 1, maxLength: 6 });

function failure(labels: readonly string[]): MmhsError {
  try {
    defineLabelSet(labels);
  } catch (error) {
    if (MmhsError.isInstance(error)) return error;
  }
  throw new Error('defineLabelSet did not throw an MmhsError');
}

describe('defineLabelSet', () => {
  it('keeps names and order as they are', () => {
    fc.assert(fc.property(labelSets, (labels) => {
      expect(defineLabelSet(labels)).toEqual(labels);
    }), { seed: 1 });
  });

  it('gives a list of its own that cannot change', () => {
    const labels = ['insult', 'threat, "direct"'];
    const set = defineLabelSet(labels);
    labels.push('spam');
    expect(set).toEqual(['insult', 'threat, "direct"']);
    expect(Object.isFrozen(set)).toBe(true);
  });

  it.each([
    ['no label', [], 'an empty list'],
    ['an empty name', ['insult', ''], '""'],
    ['blanks at the ends', ['insult', ' threat'], '" threat"'],
    ['a line break at the end', ['insult\n'], '"insult\\n"'],
    ['a name twice', ['insult', 'threat', 'insult'], '"insult" twice'],
  ])('refuses %s and says which', (_, labels, got) => {
    const error = failure(labels);
    expect([error.code, error.details.got]).toEqual(['MMHS_LABELS_INVALID', got]);
  });

  it('tells names apart that differ in case only', () => {
    expect(defineLabelSet(['Insult', 'insult'])).toHaveLength(2);
  });
});

describe('canonicalizeLabels', () => {
  it('gives known labels in the order of the set, once each, and the others in their own order', () => {
    const set = defineLabelSet(['insult', 'threat', 'spam']);
    expect(canonicalizeLabels(['spam', 'rude', 'insult', 'spam', 'Threat', 'rude'], set))
      .toEqual({ labels: ['insult', 'spam'], unknown: ['rude', 'Threat'] });
  });

  it('does not depend on order or repetition, and changes nothing the second time', () => {
    fc.assert(fc.property(labelSets, fc.array(name), fc.nat(), (set, others, rotation) => {
      const given = [...others, ...set.filter((_, index) => index % 2 === 0)];
      const turned = [...given.slice(rotation % given.length), ...given.slice(0, rotation % given.length), ...given];
      const { labels } = canonicalizeLabels(given, set);
      expect(canonicalizeLabels(turned, set).labels).toEqual(labels);
      expect(canonicalizeLabels(labels, set)).toEqual({ labels, unknown: [] });
    }), { seed: 2 });
  });

  it('loses no label', () => {
    fc.assert(fc.property(labelSets, fc.array(name), (set, given) => {
      const { labels, unknown } = canonicalizeLabels(given, set);
      expect(new Set([...labels, ...unknown])).toEqual(new Set(given));
      expect(unknown.filter((label) => set.includes(label))).toEqual([]);
    }), { seed: 3 });
  });
});
