import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPredictions, pairSplits } from './comparison.ts';
import type { EvaluatedPost, EvaluatedSplits, SplitName } from './evaluated-post.ts';
import { readPredictions, writePredictions } from './predictions-file.ts';
import { fixedPosts, labelSet } from './testing/fixed-posts.ts';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'mmhs-evaluate-')); });
afterAll(() => rm(folder, { recursive: true }));

describe('predictions.jsonl', () => {
  it('gives back every post of every split as it was written', async () => {
    const path = join(folder, 'predictions.jsonl');
    const withoutScores = fixedPosts.map((post) => ({ ...post, scores: undefined, probability: undefined, rawText: 'line\nbreak \u2028 "quoted" 😀' }));
    const estimated = fixedPosts.map((post) => ({ ...post, missing: 0.25 }));
    const splits: EvaluatedSplits = new Map<SplitName, readonly EvaluatedPost[]>([['val', withoutScores], ['test', estimated]]);
    await writePredictions({ path, splits });
    expect(await readPredictions({ path })).toEqual(splits);
  });

  it('names gold labels, labels, scores by label and the raw text', async () => {
    const path = join(folder, 'one.jsonl');
    await writePredictions({ path, splits: new Map([['test', fixedPosts.slice(3, 4)]]) });
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      split: 'test', id: 'post-3', gold: ['plain', '<b>&"bold"</b>'], labels: ['plain', '<b>&"bold"</b>'],
      scores: { plain: 0.95, '<b>&"bold"</b>': 0.85, never: 0.01 }, probability: 0.5, raw: ' ["plain","<b>&\\"bold\\"</b>"]', valid: true,
    });
  });

  it.each([
    ['not JSON', 'nonsense', 'MMHS_DATA_PREDICTIONS'],
    ['something else', '{"id":"a"}', 'MMHS_DATA_PREDICTIONS'],
    ['nothing', '\n', 'MMHS_DATA_PREDICTIONS'],
  ])('refuses a file that holds %s', async (_, text, code) => {
    const path = join(folder, 'bad.jsonl');
    await writeFile(path, text);
    await expect(readPredictions({ path })).rejects.toMatchObject({ code });
  });

  it('refuses a post that is there twice, and names the line', async () => {
    const path = join(folder, 'twice.jsonl');
    await writePredictions({ path, splits: new Map([['test', [...fixedPosts, ...fixedPosts.slice(0, 1)]]]) });
    await expect(readPredictions({ path })).rejects.toThrow(/twice\.jsonl:9: .*post-0/u);
  });
});

describe('predictions to compare with', () => {
  it('are found in the folder of a run, and among the answers that training saved', async () => {
    const line = { id: 'post-0', gold: ['plain'], pred: [], raw: '[]', valid: true };
    const lines = [{ ...line, scores: { plain: 0.25 }, probability: 0.5 }, { ...line, id: 'post-1', scores: [0.25] }]; // named, and as they once were
    await writeFile(join(folder, 'test_predictions.jsonl'), lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
    await rm(join(folder, 'predictions.jsonl'), { force: true });
    const saved = await findPredictions({ path: folder });
    expect(saved.get('test')).toMatchObject([{ id: 'post-0', gold: ['plain'], labels: [], scores: { plain: 0.25 }, probability: 0.5 }, { id: 'post-1', scores: undefined }]);
    await writePredictions({ path: join(folder, 'predictions.jsonl'), splits: new Map([['test', fixedPosts]]) });
    expect((await findPredictions({ path: folder })).get('test')).toEqual(fixedPosts);
    await expect(findPredictions({ path: join(folder, 'absent') })).rejects.toMatchObject({ code: 'MMHS_DATA_PREDICTIONS' });
  });

  it('are paired by id, whatever their order, and missing ones are counted', () => {
    const theirs = fixedPosts.slice(2).toReversed().map((post) => ({ ...post, labels: [] }));
    const [pair] = pairSplits({ ours: new Map([['test', fixedPosts]]), theirs: new Map([['test', theirs]]), labelSet, where: 'x' });
    expect(pair).toMatchObject({
      name: 'test', unanswered: 2, gold: fixedPosts.slice(2).map(({ gold }) => gold), ours: fixedPosts.slice(2).map(({ labels }) => labels),
    });
    expect(pair?.theirs.flat()).toEqual([]);
  });

  it.each([
    ['other gold labels', fixedPosts.map((post) => ({ ...post, gold: [] }))],
    ['unknown labels', fixedPosts.map((post) => ({ ...post, labels: ['strange'] }))],
    ['other posts', fixedPosts.map((post) => ({ ...post, id: `other ${post.id}` }))],
  ])('are refused with %s', (_, theirs) => {
    expect(() => pairSplits({ ours: new Map([['test', fixedPosts]]), theirs: new Map([['test', theirs]]), labelSet, where: 'x' }))
      .toThrow(expect.objectContaining({ code: 'MMHS_DATA_PREDICTIONS' }));
  });
});
