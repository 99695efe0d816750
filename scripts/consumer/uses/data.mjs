import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { inspectDataSet, loadSplit } from '@mmhs/data';

writeFileSync('posts.csv', 'text,image_path,labels\r\n"hello, world",1.png,\r\nsee you,2.png,"sexist,racist"\r\noops,3.png,rascist\r\n');

const { samples, problems } = await loadSplit({ path: 'posts.csv', labelSet: ['racist', 'sexist'], onBadRow: 'skip' });
assert.deepEqual(
  samples.map(({ text, labels }) => [text, labels]),
  [
    ['hello, world', []],
    ['see you', ['racist', 'sexist']],
  ],
);
assert.deepEqual(problems.map(({ where }) => where), ['posts.csv:4:labels']);

const { splits } = await inspectDataSet({ splits: { train: 'posts.csv' } });
assert.deepEqual(splits.train?.labels, { racist: 1, rascist: 1, sexist: 1 });
