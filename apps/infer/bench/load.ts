// Loads a server and tells throughput, latency, statuses and the delay of the server's event loop.
//
//   pnpm --filter infer load --adapter runs/demo/lora_adapter      starts a server and loads it
//   pnpm --filter infer load http://127.0.0.1:8080                 loads one that runs
//
// SECONDS=30 makes each load last longer.
import { randomBytes } from 'node:crypto';
import autocannon from 'autocannon';
import { greyPng } from '../src/testing/pictures.ts';
import { readMetric, startServer } from './start-server.ts';

const duration = Number(process.env['SECONDS'] ?? 10);
const json = { 'content-type': 'application/json' };
const post = (body: unknown): autocannon.Request => ({ method: 'POST', path: '/invocations', headers: json, body: JSON.stringify(body) });
const lines = (count: number): autocannon.Request => ({
  method: 'POST', path: '/invocations', headers: { 'content-type': 'application/jsonlines' },
  body: Array.from({ length: count }, (_, index) => `${JSON.stringify({ id: index, text: `post number ${index}` })}\n`).join(''),
});
/** A PNG with bytes after its end, which no decoder looks at: as large a body as a photograph. */
const largePicture = Buffer.concat([greyPng(1024, 1024), randomBytes(5_000_000)]).toString('base64');

const loads: Readonly<Record<string, { readonly connections: number; readonly requests: autocannon.Request[] }>> = {
  'texts': { connections: 16, requests: [post({ text: 'a short text' })] },
  'small pictures': { connections: 16, requests: [post({ text: 'a text', image_base64: greyPng(64, 64).toString('base64') })] },
  'pictures of 5 MB': { connections: 8, requests: [post({ image_base64: largePicture })] },
  'lines, 32 a request': { connections: 4, requests: [lines(32)] },
  'refused bodies': {
    connections: 16,
    requests: [
      post({ image_base64: Buffer.from('no picture').toString('base64') }),
      post({ image_base64: greyPng(8000, 8000).toString('base64') }),
      { method: 'POST', path: '/invocations', headers: json, body: '{"text":' },
      { method: 'POST', path: '/invocations', headers: json, body: 'x'.repeat(12 * 2 ** 20) },
    ],
  },
  'more than it can take': { connections: 600, requests: [post({ text: 'one of very many' })] },
};

async function main(): Promise<void> {
  const server = await startServer(process.argv.slice(2));
  try {
    await fetch(`${server.url}/invocations`, { method: 'POST', headers: json, body: '{"text":"warm up"}' });
    console.log('load                     requests/s   p50 ms   p99 ms   loop p99 ms   loop max ms   memory MiB   statuses');
    for (const [name, { connections, requests }] of Object.entries(loads)) {
      await readMetric(server.url, 'nodejs_eventloop_lag_p99_seconds');
      const result = await autocannon({ url: server.url, connections, duration, requests, timeout: 120 });
      const text = await (await fetch(`${server.url}/metrics`)).text();
      console.log(describe(name, result, text));
    }
    const alive = await fetch(`${server.url}/ping`);
    console.log(`ping afterwards: ${alive.status}`);
  } finally {
    await server.stop();
  }
}

function describe(name: string, result: autocannon.Result, metrics: string): string {
  const metric = (key: string): number => Number(new RegExp(`^${key} (\\S+)$`, 'mu').exec(metrics)?.[1] ?? NaN);
  const statuses = Object.entries(result.statusCodeStats ?? {}).map(([status, { count }]) => `${status}: ${count}`);
  const cells = [
    [result.requests.average.toFixed(1), 13], [result.latency.p50.toFixed(0), 9], [result.latency.p99.toFixed(0), 9],
    [(metric('nodejs_eventloop_lag_p99_seconds') * 1000).toFixed(1), 14], [(metric('nodejs_eventloop_lag_max_seconds') * 1000).toFixed(1), 14],
    [(metric('process_resident_memory_bytes') / 2 ** 20).toFixed(0), 13],
  ] as const;
  const failed = result.errors === 0 ? '' : `, ${result.errors} without an answer`;
  return `${name.padEnd(22)}${cells.map(([cell, width]) => cell.padStart(width)).join('')}   ${statuses.join(', ')}${failed}`;
}

await main();
