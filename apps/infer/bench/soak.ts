// Sends many requests of all kinds, some of which leave early, send slowly or never read, and tells whether the server's memory
// stays flat.
//
//   pnpm --filter infer soak --adapter runs/demo/lora_adapter      starts a server
//   pnpm --filter infer soak http://127.0.0.1:8080                 takes one that runs
//
// COUNT=20000, CLIENTS=16 and SEED=1 set how many requests, from how many clients at a time, and which.
import { connect } from 'node:net';
import { createRandom, type Random } from '@mmhs/core';
import { findFault } from '../src/testing/fuzz-cases.ts';
import { greyPng } from '../src/testing/pictures.ts';
import { startServer } from './start-server.ts';

const count = Number(process.env['COUNT'] ?? 20_000);
const clients = Number(process.env['CLIENTS'] ?? 16);
const seed = Number(process.env['SEED'] ?? 1);
const reports = 10;
const json = { 'content-type': 'application/json' };
const lines = { 'content-type': 'application/jsonlines' };

interface Sent {
  readonly status: number;
  readonly fault?: string | undefined;
}

/** Kinds of requests; 0 stands for a client that did not wait for its answer. */
const kinds: readonly ((url: string, random: Random) => Promise<Sent>)[] = [
  (url, random) => post(url, json, JSON.stringify({ text: words(random) })),
  (url, random) => post(url, json, JSON.stringify({ text: words(random), image_base64: picture(random) })),
  (url, random) => post(url, json, JSON.stringify({ image_base64: picture(random).replace(/.{76}/gu, '$&\r\n') })),
  (url, random) => post(url, lines, `${JSON.stringify({ text: words(random) })}\n{"text":\n${JSON.stringify({ image_base64: picture(random) })}\n`),
  (url, random) => post(url, json, '{"text":'.padEnd(random.integer(1000))),
  (url) => post(url, json, JSON.stringify({ image_base64: Buffer.from('no picture').toString('base64') })),
  (url) => post(url, json, JSON.stringify({ image_base64: bomb })),
  (url) => post(url, json, 'x'.repeat(11 * 2 ** 20)),
  (url, random) => leave(url, random),
  (url, random) => leave(url, random),
  (url, random) => sendSlowly(url, random),
  (url) => neverRead(url),
];
const bomb = greyPng(9000, 9000).toString('base64');

async function main(): Promise<void> {
  const server = await startServer(process.argv.slice(2));
  const random = createRandom([seed, 'soak']);
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let sent = 0;
  const work = async (until: number): Promise<void> => {
    while (sent < until) {
      sent += 1;
      const kind = kinds[random.integer(kinds.length)] as (typeof kinds)[number];
      const { status, fault } = await kind(server.url, random);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (fault !== undefined) faults.push(fault);
    }
  };
  try {
    console.log('requests   seconds   memory MiB   loop p99 ms');
    for (let part = 1; part <= reports; part++) {
      const begun = performance.now();
      await Promise.all(Array.from({ length: clients }, () => work((count / reports) * part)));
      console.log(await describe(server.url, sent, (performance.now() - begun) / 1000));
    }
    console.log(`statuses (0: did not wait): ${[...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`).join(', ')}`);
    const alive = await post(server.url, json, '{"text":"a"}');
    console.log(`a good post afterwards: ${alive.status}`);
    for (const fault of faults.slice(0, 20)) console.error(fault);
    process.exitCode = faults.length === 0 && alive.status === 200 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

async function describe(url: string, sent: number, seconds: number): Promise<string> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const metric = (key: string): number => Number(new RegExp(`^${key} (\\S+)$`, 'mu').exec(metrics)?.[1] ?? NaN);
  const cells = [
    [String(sent), 8], [seconds.toFixed(0), 10], [(metric('process_resident_memory_bytes') / 2 ** 20).toFixed(0), 13],
    [(metric('nodejs_eventloop_lag_p99_seconds') * 1000).toFixed(1), 14],
  ] as const;
  return cells.map(([cell, width]) => cell.padStart(width)).join('');
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<Sent> {
  const response = await fetch(`${url}/invocations`, { method: 'POST', headers, body });
  const { status } = response;
  const text = await response.text();
  const hasRetry = response.headers.has('retry-after');
  if ((status === 429 || status === 503) && !hasRetry) return { status, fault: `${status} without Retry-After` };
  return { status, fault: findFault({ status, body: text }) };
}

/** Sends a good request and hangs up at any moment, be it read, queued or labelled. */
async function leave(url: string, random: Random): Promise<Sent> {
  const body = JSON.stringify({ text: words(random), image_base64: picture(random) });
  await fetch(`${url}/invocations`, { method: 'POST', headers: json, body, signal: AbortSignal.timeout(1 + random.integer(200)) })
    .then((response) => response.text(), () => undefined).catch(() => undefined);
  return { status: 0 };
}

/** Sends a few bytes at a time; hangs up before the end. */
async function sendSlowly(url: string, random: Random): Promise<Sent> {
  await withSocket(url, async (write) => {
    for (const part of [head(100), '{"te', 'xt":', '"a']) {
      write(part);
      await wait(random.integer(100));
    }
  });
  return { status: 0 };
}

/** Asks several times without reading a byte, then hangs up. */
async function neverRead(url: string): Promise<Sent> {
  const body = JSON.stringify({ id: 'x'.repeat(2000), text: 'a' });
  await withSocket(url, async (write) => {
    write(`${head(body.length)}${body}`.repeat(4));
    await wait(300);
  });
  return { status: 0 };
}

async function withSocket(url: string, use: (write: (text: string) => void) => Promise<void>): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => undefined).pause();
  await use((text) => void socket.write(text));
  socket.destroy();
}

function head(length: number): string {
  return `POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}

function words(random: Random): string {
  return Array.from({ length: 1 + random.integer(20) }, () => `word${random.integer(1000)}`).join(' ');
}

/** Another picture each time, so that nothing is known beforehand. */
function picture(random: Random): string {
  return greyPng(20 + random.integer(300), 20 + random.integer(300)).toString('base64');
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

await main();
