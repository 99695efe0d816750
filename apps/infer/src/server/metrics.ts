import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the server counts. */
export interface ServerMetrics {
  readonly registry: Registry;
  readonly request: (request: { readonly route: string; readonly status: number; readonly seconds: number }) => void;
  readonly batch: (batch: { readonly size: number; readonly seconds: number }) => void;
  readonly labelled: (post: { readonly adapter: string; readonly labels: readonly string[] }) => void;
  readonly refused: (post: { readonly code: string }) => void;
}

const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Creates the counters in a registry of their own, besides those of the process: memory, CPU, delay of the event loop. */
export function createMetrics(options: { readonly waiting: () => number }): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({ name: 'mmhs_requests_total', help: 'Requests answered.', labelNames: ['route', 'status'], registers });
  const requestSeconds = new Histogram({
    name: 'mmhs_request_seconds', help: 'Time from the first byte of a request to the last of its answer.', labelNames: ['route'],
    buckets: secondBuckets, registers,
  });
  const batchPosts = new Histogram({ name: 'mmhs_batch_posts', help: 'Posts of a batch.', buckets: [1, 2, 4, 8, 16, 32, 64], registers });
  const batchSeconds = new Histogram({ name: 'mmhs_batch_seconds', help: 'Time a batch took.', buckets: secondBuckets, registers });
  const posts = new Counter({ name: 'mmhs_posts_total', help: 'Posts labelled.', labelNames: ['adapter'], registers });
  const labels = new Counter({ name: 'mmhs_labels_total', help: 'Labels given.', labelNames: ['adapter', 'label'], registers });
  const refused = new Counter({ name: 'mmhs_refused_posts_total', help: 'Posts not labelled, by the code of the error.', labelNames: ['code'], registers });
  new Gauge({
    name: 'mmhs_waiting_posts', help: 'Posts in the queue.', registers,
    collect() {
      this.set(options.waiting());
    },
  });
  return {
    registry,
    request({ route, status, seconds }) {
      requests.inc({ route, status });
      requestSeconds.observe({ route }, seconds);
    },
    batch({ size, seconds }) {
      batchPosts.observe(size);
      batchSeconds.observe(seconds);
    },
    labelled(post) {
      posts.inc({ adapter: post.adapter });
      for (const label of post.labels) labels.inc({ adapter: post.adapter, label });
    },
    refused: ({ code }) => refused.inc({ code }),
  };
}
