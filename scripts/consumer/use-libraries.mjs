// What a user of the published packages writes, in plain JavaScript. Copied into an empty project and run there.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { multilabelReport, f1Score } from '@mmhs/metrics';
import { parseLabels } from '@mmhs/parse';

const labelSet = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];

const answer = parseLabels('["sexist", "racist"]', { labelSet });
console.log('parseLabels:', JSON.stringify(answer));
assert.deepEqual(answer.labels, ['racist', 'sexist']);

const report = multilabelReport({ labels: ['a', 'b'], truth: [['a'], ['b'], []], predicted: [['a'], ['a'], []] });
console.log('multilabelReport:', JSON.stringify(report));

const require = createRequire(import.meta.url);
assert.equal(typeof require('@mmhs/metrics').f1Score, 'function', 'CommonJS can require() an ES module package');
assert.equal(f1Score, require('@mmhs/metrics').f1Score);
