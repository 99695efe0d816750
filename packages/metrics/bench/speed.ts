/**
 * Times the counting metrics and ROC AUC on a million rows: `npx tsx --conditions=@mmhs/source bench/speed.ts`.
 *
 * Prints the best of several runs in milliseconds.
 */
import { binaryRocAuc, countLabels, f1Score, hammingLoss, subsetAccuracy } from '../src/index.ts';

const [rows, columns, runs] = [1_000_000, 5, 7];
const cells = (share: number, step: number): Uint8Array =>
  Uint8Array.from({ length: rows * columns }, (_, cell) => (((cell * step) % 1009) / 1009 < share ? 1 : 0));
const gold = { rows, columns, data: cells(0.2, 7919) };
const predicted = { rows, columns, data: cells(0.25, 104_729) };
const scores = Float64Array.from({ length: rows }, () => Math.random());
const truth = Uint8Array.from(scores, (score) => (Math.random() < score ? 1 : 0));

console.log(`F1 micro and macro, subset accuracy, Hamming loss, ${rows} x ${columns}: ${best(countingMetrics).toFixed(1)} ms`);
console.log(`ROC AUC of ${rows} scores: ${best(() => binaryRocAuc({ gold: truth, scores })).toFixed(1)} ms`);

function countingMetrics(): number {
  const counts = countLabels({ gold, predicted });
  return (
    f1Score({ ...counts, average: 'micro' }) + f1Score({ ...counts, average: 'macro' }) + subsetAccuracy(counts) + hammingLoss(counts)
  );
}

function best(work: () => number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
