import { expect, it } from 'vitest';
import { goldenCases, largestDifference } from './__fixtures__/golden.ts';
import { classificationReport, labelConfusion, labelCooccurrence, multilabelReport, rowConfusion } from './index.ts';

it.each(goldenCases)("is scikit-learn's text, character for character, case $name", ({ yTrue, yPred, report0 }) => {
  expect(classificationReport({ gold: yTrue, predicted: yPred })).toBe(report0);
});

const named = goldenCases.filter((golden) => golden.labelNames !== undefined);

it.each(named)('takes names, digits and zero division, case $name', (golden) => {
  const { yTrue, yPred, labelNames: labels = [], report = [], reportSettings = [] } = golden;
  const texts = reportSettings.map(({ digits, zero_division: zeroDivision }) =>
    classificationReport({ gold: yTrue, predicted: yPred, labels, digits, zeroDivision }),
  );
  expect(texts).toEqual(report);
});

it.each(named)('multilabelReport holds the numbers of the report, case $name', (golden) => {
  const { yTrue, yPred, labelNames: labels = [], reportDict = {} } = golden;
  const { perLabel, averages } = multilabelReport({ gold: yTrue, predicted: yPred, labels });
  const rows = Object.fromEntries([
    ...perLabel.map((row) => [row.label, row] as const),
    ...Object.entries(averages).map(([name, row]) => [`${name} avg`, row] as const),
  ]);
  for (const [name, expected] of Object.entries(reportDict)) {
    const row = rows[name]!;
    const actual = [row.precision, row.recall, row.f1, row.support];
    const wanted = [expected['precision'], expected['recall'], expected['f1-score'], expected['support']];
    expect(largestDifference(actual, wanted), name).toBeLessThan(1e-12);
  }
});

it.each(goldenCases)('confusion matrices are those of scikit-learn, case $name', (golden) => {
  const pairs = { gold: golden.yTrue, predicted: golden.yPred };
  expect(labelConfusion(pairs)).toEqual(golden.confusion);
  if (golden.confusionPerSample !== undefined) expect(rowConfusion(pairs)).toEqual(golden.confusionPerSample);
});

it('rounds exact ties to the even digit, as Python does', () => {
  // 1 of 8 predicted labels is right: precision 0.125.
  const text = classificationReport({ gold: [[1], ...Array(7).fill([0])], predicted: Array(8).fill([1]) });
  expect(text.split('\n')[2]).toContain('0.12');
});

it('counts which labels stand together', () => {
  const gold = [['a', 'b'], ['a'], ['a', 'b'], []];
  expect(labelCooccurrence({ gold, labels: ['a', 'b', 'c'] })).toEqual([
    [3, 2, 0],
    [2, 2, 0],
    [0, 0, 0],
  ]);
});
