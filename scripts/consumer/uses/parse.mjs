import assert from 'node:assert/strict';
import { createLabelStream, isValidAnswer, parseLabels } from '@mmhs/parse';

const labels = ['racist', 'sexist', 'religion'];

const answer = parseLabels('Sure: ["sexist", "racist"]', labels);
assert.deepEqual(answer.labels, ['racist', 'sexist'], 'labels come in the order of the list');
assert.equal(isValidAnswer('["racist"]', labels), true);
assert.deepEqual(createLabelStream(labels).push("['religion']")?.labels, ['religion']);
