import assert from 'node:assert/strict';
import { arrangePrompt, buildPrompt, promptLayouts, recordPrompt, writeLabels } from '@mmhs/prompts';

const labelSet = ['racist', 'sexist', 'religion'];
const prompt = buildPrompt({ labelSet });
const messages = arrangePrompt({ prompt, layout: promptLayouts.smol, text: 'a post', hasImage: true });
assert.deepEqual(messages[1]?.content, [{ type: 'image' }, { type: 'text', text: 'a post' }]);
assert.equal(writeLabels(['religion', 'racist'], labelSet), '["racist", "religion"]');
assert.equal(recordPrompt({ prompt, context: { family: 'smol' } }).fingerprint.length, 64);
