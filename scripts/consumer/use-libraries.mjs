// What a user of the published packages writes, in plain JavaScript. Copied into an empty project and run there.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { f1Score, multilabelReport } from '@mmhs/metrics';
import { parseLabels } from '@mmhs/parse';

const labels = ['racist', 'sexist', 'religion'];

const answer = parseLabels('Sure: ["sexist", "racist"]', labels);
console.log('parseLabels:', JSON.stringify(answer));
assert.deepEqual(answer.labels, ['racist', 'sexist'], 'labels come in the order of the list');

// true positives 2, false positives 0, false negatives 1: F1 = 2 * 2 / (2 * 2 + 0 + 1)
const report = multilabelReport({
  labels,
  gold: [['racist'], ['racist', 'sexist'], []],
  predicted: [['racist'], ['racist'], []],
});
console.log('multilabelReport: f1Micro', report.f1Micro, 'undefinedLabels', report.undefinedLabels);
assert.ok(Math.abs(report.f1Micro - 0.8) < 1e-12);
assert.deepEqual(report.undefinedLabels, ['religion']);

const require = createRequire(import.meta.url);
assert.equal(require('@mmhs/metrics').f1Score, f1Score, 'CommonJS gets the same module by require()');
