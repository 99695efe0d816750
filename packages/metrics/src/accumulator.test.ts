import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLabels, createMultilabelAccumulator, multilabelReport } from './index.ts';

const labels = ['a', 'b', 'c'];
const row = fc.subarray(labels);
const post = fc.record({ gold: row, predicted: row });

it('gives the same numbers however rows are divided into batches and shards', () => {
  fc.assert(
    fc.property(fc.array(fc.array(post, { minLength: 1 }), { minLength: 1, maxLength: 6 }), (batches) => {
      const shards = [createMultilabelAccumulator(labels), createMultilabelAccumulator(labels)];
      batches.forEach((batch, index) => {
        shards[index % 2]!.add({ gold: batch.map((one) => one.gold), predicted: batch.map((one) => one.predicted) });
      });
      shards[1]!.merge(shards[0]!.counts());

      const all = batches.flat();
      const whole = countLabels({ gold: all.map((one) => one.gold), predicted: all.map((one) => one.predicted), labels });
      expect(multilabelReport({ ...shards[1]!.counts(), labels })).toEqual(multilabelReport({ ...whole, labels }));
    }),
  );
});

it('hands out counts that later rows do not change', () => {
  const accumulator = createMultilabelAccumulator(labels);
  accumulator.add({ gold: [['a']], predicted: [['a']] });
  const before = accumulator.counts();
  accumulator.add({ gold: [['a']], predicted: [['b']] });
  expect(before.rows).toBe(1);
  expect([...before.goldPositives]).toEqual([1, 0, 0]);
});

it('refuses counts of another number of labels', () => {
  const other = countLabels({ gold: [[1]], predicted: [[1]] });
  expect(() => createMultilabelAccumulator(labels).merge(other)).toThrow(/got 1; expected 3/);
});

it('counts rows of many labels too', () => {
  const many = Array.from({ length: 50 }, (_, index) => `label ${index}`);
  const report = multilabelReport({ gold: [many, []], predicted: [many.slice(25), []], labels: many });
  expect(report.f1Micro).toBeCloseTo(2 / 3, 15);
  expect(report.f1Samples).toBeCloseTo(1 / 3, 15);
  expect(report.subsetAccuracy).toBe(0.5);
});
