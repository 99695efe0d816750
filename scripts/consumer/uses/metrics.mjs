import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { f1Score, multilabelReport } from '@mmhs/metrics';

// true positives 2, false positives 0, false negatives 1: F1 = 2 * 2 / (2 * 2 + 0 + 1)
const report = multilabelReport({
  labels: ['racist', 'sexist', 'religion'],
  gold: [['racist'], ['racist', 'sexist'], []],
  predicted: [['racist'], ['racist'], []],
});
assert.ok(Math.abs(report.f1Micro - 0.8) < 1e-12);
assert.deepEqual(report.undefinedLabels, ['religion']);

const require = createRequire(import.meta.url);
assert.equal(require('@mmhs/metrics').f1Score, f1Score, 'CommonJS gets the same module by require()');
