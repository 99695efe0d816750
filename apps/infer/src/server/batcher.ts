import type { AnswerOrError, Post } from '../labelling/post.ts';

/** Options of {@link createBatcher}. */
export interface BatcherOptions {
  /** Labels a batch for one adapter. */
  readonly label: (options: { adapter: string; posts: readonly Post[]; signal: AbortSignal }) => Promise<readonly AnswerOrError[]>;
  /** Most posts of a batch. */
  readonly batchSize: number;
  /** How long a post may wait for company while nothing runs, milliseconds. */
  readonly waitMilliseconds: number;
  /** Told of every batch that ran. */
  readonly onBatch?: (batch: { readonly size: number; readonly seconds: number }) => void;
}

/** Gathers posts of several requests into batches: first come, first served, one batch at a time. */
export interface Batcher {
  /** Posts that wait. */
  readonly waiting: number;
  /** Answers in order. An abort takes out the posts that still wait; each request needs a signal of its own. */
  submit(options: {
    readonly entries: readonly { readonly adapter: string; readonly post: Post }[];
    readonly signal: AbortSignal;
  }): Promise<AnswerOrError[]>;
  /** Seconds until the queue, and so many posts that are not in it yet, have probably been worked off: at least 1, at most 60. */
  retryAfter(others?: number): number;
}

interface Job {
  readonly adapter: string;
  readonly post: Post;
  readonly signal: AbortSignal;
  readonly arrived: number;
  readonly resolve: (answer: AnswerOrError) => void;
  readonly reject: (reason: unknown) => void;
}

/** Creates a batcher. */
export function createBatcher(options: BatcherOptions): Batcher {
  const { batchSize, waitMilliseconds } = options;
  let queue: Job[] = [];
  let running = false;
  let timer: NodeJS.Timeout | undefined;
  let secondsPerPost = 1;

  const schedule = (): void => {
    const [first] = queue;
    if (running || first === undefined) return;
    clearTimeout(timer);
    const due = first.arrived + waitMilliseconds - performance.now();
    if (queue.length >= batchSize || due <= 0) void run();
    else timer = setTimeout(schedule, due);
  };
  const run = async (): Promise<void> => {
    const batch = takeBatch(queue, batchSize);
    queue = queue.filter((job) => !batch.includes(job));
    running = true;
    const started = performance.now();
    const answered = await runBatch(batch, options);
    running = false;
    if (answered) {
      const seconds = (performance.now() - started) / 1000;
      secondsPerPost = 0.8 * secondsPerPost + (0.2 * seconds) / batch.length;
      options.onBatch?.({ size: batch.length, seconds });
    }
    schedule();
  };
  const enqueue = (adapter: string, post: Post, signal: AbortSignal): Promise<AnswerOrError> =>
    new Promise((resolve, reject) => queue.push({ adapter, post, signal, arrived: performance.now(), resolve, reject }));
  const retryAfter = (others = 0): number => Math.min(60, Math.max(1, Math.ceil((queue.length + others + 1) * secondsPerPost)));
  return {
    get waiting() {
      return queue.length;
    },
    retryAfter,
    submit({ entries, signal }) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const onAbort = (): void => {
          queue = queue.filter((job) => job.signal !== signal);
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        void Promise.all(entries.map(({ adapter, post }) => enqueue(adapter, post, signal)))
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', onAbort));
        schedule();
      });
    },
  };
}

/** The first post and those after it that are for the same adapter. */
function takeBatch(queue: readonly Job[], size: number): Job[] {
  return queue.filter(({ adapter }) => adapter === queue[0]?.adapter).slice(0, size);
}

/** Runs a batch and hands out its answers; stopped when nobody waits for any of them. Whether it was answered. */
async function runBatch(batch: readonly Job[], { label }: BatcherOptions): Promise<boolean> {
  const controller = new AbortController();
  const signals = new Set(batch.map(({ signal }) => signal));
  let waiting = signals.size;
  const onAbort = (): void => {
    waiting -= 1;
    if (waiting === 0) controller.abort();
  };
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  try {
    const posts = batch.map(({ post }) => post);
    const answers = await label({ adapter: batch[0]?.adapter ?? '', posts, signal: controller.signal });
    batch.forEach(({ resolve }, index) => resolve(answers[index] as AnswerOrError));
    return true;
  } catch (error) {
    for (const { reject } of batch) reject(error);
    return false;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}
