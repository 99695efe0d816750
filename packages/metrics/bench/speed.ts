/**
 * Times the counting metrics and ROC AUC on a million rows, beside scikit-learn where a Python with it is named:
 * `npx tsx --conditions=@mmhs/source bench/speed.ts [PYTHON] [ROUNDS]`.
 *
 * Both sides get the same rows, take turns, and must agree to 1e-12; the best time of each counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binaryRocAuc, countLabels, f1Score, hammingLoss, subsetAccuracy } from '../src/index.ts';

interface Timed {
  readonly value: number | readonly number[];
  readonly milliseconds: number;
}
type Result = Readonly<Record<string, Timed>>;

const python = process.argv[2];
const rounds = Number(process.argv[3] ?? 3);
const [rows, columns, runs] = [1_000_000, 5, 3];
const cells = (share: number): Uint8Array => Uint8Array.from({ length: rows * columns }, () => (Math.random() < share ? 1 : 0));
const gold = { rows, columns, data: cells(0.2) };
const predicted = { rows, columns, data: cells(0.25) };
const scores = Float64Array.from({ length: rows }, () => Math.random());
const truth = Uint8Array.from(scores, (score) => (Math.random() < score ? 1 : 0));

const folder = mkdtempSync(join(tmpdir(), 'mmhs-metrics-'));
try {
  const files = { gold: gold.data, predicted: predicted.data, truth, scores };
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  const [ours, peers]: [Result[], Result[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(measureOurs());
    if (python !== undefined) peers.push(measurePeer(python));
  }
  report('F1 micro and macro, subset accuracy, Hamming loss', 'counting', ours, peers);
  if (peers.length > 0) report('the same, NumPy arrays of int64', 'countingInt64', ours, peers);
  report('ROC AUC', 'rocAuc', ours, peers);
} finally {
  rmSync(folder, { recursive: true });
}

function measureOurs(): Result {
  const counting = best(() => {
    const counts = countLabels({ gold, predicted });
    const f1 = (['micro', 'macro'] as const).map((average) => f1Score({ ...counts, average }));
    return [...f1, subsetAccuracy(counts), hammingLoss(counts)];
  });
  return { counting, countingInt64: counting, rocAuc: best(() => binaryRocAuc({ gold: truth, scores })) };
}

function measurePeer(command: string): Result {
  const script = fileURLToPath(new URL('scikit_learn.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(command, [script, folder, rows, columns, runs].map(String), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Result;
}

function best(work: () => Timed['value']): Timed {
  const times = Array.from({ length: 6 * runs }, () => {
    const start = performance.now();
    const value = work();
    return { value, milliseconds: performance.now() - start };
  });
  return times.reduce((fastest, time) => (time.milliseconds < fastest.milliseconds ? time : fastest));
}

function report(name: string, key: string, ours: readonly Result[], peers: readonly Result[]): void {
  const fastest = (results: readonly Result[]): number => Math.min(...results.map((result) => result[key]!.milliseconds));
  if (peers.length === 0) return console.log(`${name}: ${fastest(ours).toFixed(1)} ms`);
  const [mine, theirs] = [ours, peers].map((results) => [results[0]![key]!.value].flat());
  const difference = Math.max(...mine!.map((value, index) => Math.abs(value - theirs![index]!)));
  if (!(difference < 1e-12)) throw new Error(`${name}: ${mine} is not scikit-learn's ${theirs}`);
  console.log(
    `${name}: ${(fastest(peers) / fastest(ours)).toFixed(1)}x (${fastest(ours).toFixed(1)} ms, scikit-learn ${fastest(peers).toFixed(1)} ms)`,
  );
}
