import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countLabels, f1Score, toLabelMatrix, type LabelMatrix } from './index.ts';

const bit = fc.constantFrom(0, 1);

/** Rows of one to nine labels: narrow ones are counted by pattern, wide ones cell by cell. */
const weightedPairs = fc.integer({ min: 1, max: 9 }).chain((columns) => {
  const row = fc.array(bit, { minLength: columns, maxLength: columns });
  return fc.array(fc.record({ gold: row, predicted: row, weight: fc.integer({ min: 1, max: 4 }) }), { minLength: 1 });
});

describe('countLabels', () => {
  it('counts what a plain sum over rows counts', () => {
    fc.assert(
      fc.property(weightedPairs, (posts) => {
        const counts = countLabels({
          gold: posts.map((post) => post.gold),
          predicted: posts.map((post) => post.predicted),
          sampleWeight: posts.map((post) => post.weight),
        });
        const total = (value: (post: (typeof posts)[number]) => number): number =>
          posts.reduce((sum, post) => sum + post.weight * value(post), 0);
        const columns = [...posts[0]!.gold.keys()];
        expect(counts.rows).toBe(total(() => 1));
        expect([...counts.goldPositives]).toEqual(columns.map((column) => total((post) => post.gold[column]!)));
        expect([...counts.predictedPositives]).toEqual(columns.map((column) => total((post) => post.predicted[column]!)));
        expect([...counts.truePositives]).toEqual(
          columns.map((column) => total((post) => post.gold[column]! * post.predicted[column]!)),
        );
        const commonInRow = (post: (typeof posts)[number]): number => post.gold.filter((cell, column) => cell * post.predicted[column]! === 1).length;
        for (const group of counts.rowGroups) {
          const isInGroup = (post: (typeof posts)[number]): boolean =>
            post.gold.filter(Boolean).length === group.gold &&
            post.predicted.filter(Boolean).length === group.predicted &&
            commonInRow(post) === group.common;
          expect(group.weight).toBe(total((post) => Number(isInGroup(post))));
        }
      }),
    );
  });

  it('gives plain data, which another thread gets as it is', () => {
    const counts = countLabels({ gold: [[1, 0], [0, 1]], predicted: [[1, 1], [0, 0]] });
    const received = structuredClone(counts);
    expect(received).toEqual(counts);
    expect(f1Score({ ...received, average: 'samples' })).toBe(f1Score({ ...counts, average: 'samples' }));
  });
});

describe('toLabelMatrix', () => {
  const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 255), { minLength: 1, maxLength: 40 });

  it('finds the first cell that is neither 0 nor 1, wherever the array lies in memory', () => {
    fc.assert(
      fc.property(bytes, fc.nat(7), (cells, offset) => {
        const data = new Uint8Array(cells.length + offset).subarray(offset);
        data.set(cells);
        const matrix: LabelMatrix = { rows: 1, columns: cells.length, data };
        const bad = cells.findIndex((cell) => cell > 1);
        if (bad < 0) expect(toLabelMatrix(matrix)).toBe(matrix);
        else expect(() => toLabelMatrix(matrix)).toThrow(`column ${bad}: A cell is neither 0 nor 1; got ${cells[bad]}`);
      }),
    );
  });
});
