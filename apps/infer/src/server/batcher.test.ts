import { describe, expect, it, vi } from 'vitest';
import type { AnswerOrError, Post } from '../labelling/post.ts';
import { createBatcher, type BatcherOptions } from './batcher.ts';

const post = (text: string): Post => ({ text, image: undefined, source: text });
const entry = (text: string, adapter = 'a'): { adapter: string; post: Post } => ({ adapter, post: post(text) });
const newSignal = (): AbortSignal => new AbortController().signal;
const textsOf = (answers: readonly AnswerOrError[]): string[] =>
  answers.map((answer) => ('answer' in answer ? answer.answer.rawText : answer.error.code));

/** A batcher on a labeller that echoes the texts and writes down its batches. */
function echo(options: Partial<BatcherOptions> = {}, work: () => Promise<void> = () => Promise.resolve()) {
  const batches: string[] = [];
  const batcher = createBatcher({
    batchSize: 4, waitMilliseconds: 5,
    label: async ({ adapter, posts, signal }) => {
      batches.push(`${adapter}:${posts.map(({ text }) => text).join('')}`);
      await work();
      signal.throwIfAborted();
      return posts.map(({ text }) => ({ answer: { labels: [], scores: null, rawText: text, valid: true } }));
    },
    ...options,
  });
  return { batcher, batches };
}

describe('createBatcher', () => {
  it('gives every request its own answers, in order, whatever batches they went through', async () => {
    const { batcher, batches } = echo({ batchSize: 3 });
    const requests = ['ab', 'c', 'defg'].map((texts) =>
      batcher.submit({ entries: [...texts].map((text) => entry(text)), signal: newSignal() }).then(textsOf));
    expect(await Promise.all(requests)).toEqual([['a', 'b'], ['c'], ['d', 'e', 'f', 'g']]);
    // The third request found the first two running: it waited for them, not for the clock.
    expect(batches).toEqual(['a:abc', 'a:def', 'a:g']);
  });

  it('lets a lone post wait no longer than the bound', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { batcher, batches } = echo({ waitMilliseconds: 20 });
      const answer = batcher.submit({ entries: [entry('x')], signal: newSignal() });
      await vi.advanceTimersByTimeAsync(19);
      expect(batches).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(batches).toEqual(['a:x']);
      await answer;
    } finally {
      vi.useRealTimers();
    }
  });

  it('never mixes adapters in a batch', async () => {
    const { batcher, batches } = echo();
    await batcher.submit({ entries: [entry('1', 'a'), entry('2', 'b'), entry('3', 'a')], signal: newSignal() });
    expect(batches).toEqual(['a:13', 'b:2']);
  });

  it('says when the queue has probably been worked off', async () => {
    const { batcher } = echo();
    expect(batcher.retryAfter()).toBe(1);
    const entries = Array.from({ length: 500 }, () => entry('x'));
    const answers = batcher.submit({ entries, signal: newSignal() });
    expect(batcher.retryAfter()).toBe(60);
    await answers;
    expect(batcher.retryAfter()).toBe(1);
  });

  it('takes out a waiting post nobody waits for any more', async () => {
    const { batcher, batches } = echo({ batchSize: 2 });
    const controller = new AbortController();
    const left = batcher.submit({ entries: [entry('left')], signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await batcher.submit({ entries: [entry('kept')], signal: newSignal() });
    expect(batches).toEqual(['a:kept']);
  });

  it('stops a running batch only when nobody waits for any of its posts', async () => {
    const signals: AbortSignal[] = [];
    const { batcher } = echo({
      batchSize: 2,
      label: ({ signal }) => {
        signals.push(signal);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    });
    const [one, two] = [new AbortController(), new AbortController()] as const;
    const requests = [one, two].map(({ signal }) => batcher.submit({ entries: [entry('x')], signal }));
    one.abort(new Error('left'));
    await expect(requests[0]).rejects.toThrow('left');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort(new Error('left too'));
    await expect(requests[1]).rejects.toThrow('left too');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('hands a failure to the posts of its batch and goes on', async () => {
    let calls = 0;
    const { batcher } = echo({}, () => (calls++ === 0 ? Promise.reject(new Error('broken')) : Promise.resolve()));
    await expect(batcher.submit({ entries: [entry('1')], signal: newSignal() })).rejects.toThrow('broken');
    expect(textsOf(await batcher.submit({ entries: [entry('2')], signal: newSignal() }))).toEqual(['2']);
  });
});
