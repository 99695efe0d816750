import { describe, expect, it } from 'vitest';
import { formatAgreement, measureAgreement } from './agreement.ts';
import type { EvaluatedPost } from './evaluated-post.ts';

const post = (id: string, labels: readonly string[], scores?: Readonly<Record<string, number>>): EvaluatedPost =>
  ({ id, gold: ['a'], labels, scores, probability: undefined, rawText: JSON.stringify(labels), valid: true });
const measure = (posts: readonly EvaluatedPost[], reference: readonly EvaluatedPost[]) =>
  measureAgreement({ posts, reference, labelSet: ['a', 'b'], zeroDivision: 0 });

describe('agreement with float32', () => {
  it('counts equal arrays and changed labels, and measures scores', () => {
    const agreement = measure(
      [post('1', ['a'], { a: 0.75, b: 0.25 }), post('2', ['b'], { a: 0, b: 0.5 }), post('3', [], { a: 0.25, b: 0 }), post('4', ['a'], { a: 1, b: 0 })],
      [post('1', ['a'], { a: 0.5, b: 0.25 }), post('2', ['a'], { a: 0.5, b: 0.5 }), post('3', [], { a: 0.25, b: 0 }), post('4', ['a', 'b'], { a: 1, b: 0.25 })],
    );
    // Micro F1: 2 of 3 given labels right and 2 of 4 found; 3 of 4 and 3 of 4.
    expect(agreement).toEqual({
      samples: 4, equalArrays: 0.5, changedLabels: 3, meanScoreDifference: 0.125, largestScoreDifference: 0.5,
      f1Micro: expect.closeTo(4 / 7, 12), f1MicroFloat32: expect.closeTo(6 / 8, 12),
    });
    expect(formatAgreement({ test: agreement })).toBe('Agreement with float32, test: 50.0 % of 4 answers equal, 3 labels changed; '
      + 'scores differ by 0.1250 on average, 0.5000 at most; micro F1 0.5714, in float32 0.7500');
  });

  it('does without scores', () => {
    const agreement = measure([post('1', ['a'])], [post('1', ['a'])]);
    expect(agreement).toMatchObject({ equalArrays: 1, changedLabels: 0, meanScoreDifference: undefined });
    expect(formatAgreement({ val: agreement })).not.toContain('scores');
  });
});
