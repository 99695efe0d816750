// A hundred hostile clients of one kind at a time, and what one that behaves gets meanwhile.
//
//   pnpm --filter infer hostile --adapter runs/demo/lora_adapter      starts a server
//   pnpm --filter infer hostile http://127.0.0.1:8080                 takes one that runs
//
// CLIENTS=100 and SECONDS=8 set how many and for how long.
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { readMetric, startServer } from './start-server.ts';

const clients = Number(process.env['CLIENTS'] ?? 100);
const seconds = Number(process.env['SECONDS'] ?? 8);
const head = 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const chunk = `1000\r\n${'a'.repeat(4096)}\r\n`;
const withBody = (body: string): string => `${head}Content-Length: ${body.length}\r\n\r\n${body}`;

const attacks: Readonly<Record<string, (socket: Socket) => void>> = {
  'headers, slowly': (socket) => drip(socket, 'POST /invocations HTTP/1.1\r\n', 'x-more: y\r\n', 500),
  'a body, slowly': (socket) => drip(socket, `${head}Content-Length: 100000\r\n\r\n{`, ' ', 500),
  'chunks, slowly': (socket) => drip(socket, `${head}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n', 300),
  'chunks without end': flood,
  'a body to GET': (socket) => drip(socket, 'GET /ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', chunk, 5),
  '200 posts at once': (socket) => void socket.write(withBody('{"text":"a"}').repeat(200)),
  'answers never read': (socket) => void socket.pause().write(withBody(JSON.stringify({ id: 'y'.repeat(200_000), text: 'a' })).repeat(30)),
};

/** Sends a beginning, and a little more again and again. */
function drip(socket: Socket, beginning: string, more: string, milliseconds: number): void {
  socket.write(beginning);
  const timer = setInterval(() => void socket.write(more), milliseconds);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket): void {
  socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  const send = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    socket.once('drain', send);
  };
  send();
}

/** Posts every 300 ms until told to stop; statuses, and milliseconds of those answered with labels. */
async function behave(url: string, signal: AbortSignal): Promise<{ statuses: Map<string, number>; times: number[] }> {
  const statuses = new Map<string, number>();
  const times: number[] = [];
  while (!signal.aborted) {
    const begun = performance.now();
    const status = await fetch(`${url}/invocations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"a text"}' })
      .then(async (response) => (await response.text(), String(response.status)), () => 'no answer');
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === '200') times.push(performance.now() - begun);
    await wait(300);
  }
  return { statuses, times: times.sort((a, b) => a - b) };
}

async function attack(url: string, name: string, act: (socket: Socket) => void): Promise<void> {
  const { hostname, port } = new URL(url);
  await readMetric(url, 'nodejs_eventloop_lag_p99_seconds'); // each reading begins anew
  const sockets = Array.from({ length: clients }, () => {
    const socket = connect(Number(port), hostname, () => act(socket));
    return socket.resume().on('error', () => undefined);
  });
  const controller = new AbortController();
  const behaving = behave(url, controller.signal);
  await wait(seconds * 1000);
  controller.abort();
  const { statuses, times } = await behaving;
  for (const socket of sockets) socket.destroy();
  const lag = await readMetric(url, 'nodejs_eventloop_lag_p99_seconds');
  const memory = await readMetric(url, 'process_resident_memory_bytes');
  const told = [...statuses].map(([status, count]) => `${status}: ${count}`).join(', ');
  console.log(`${name.padEnd(20)} ${(times[times.length >> 1] ?? NaN).toFixed(0).padStart(6)} ${(times.at(-1) ?? NaN).toFixed(0).padStart(8)} ${(lag * 1000).toFixed(0).padStart(12)} ${(memory / 2 ** 20).toFixed(0).padStart(12)}   ${told}`);
}

async function main(): Promise<void> {
  const server = await startServer(process.argv.slice(2));
  try {
    console.log(`${clients} hostile clients for ${seconds} s each; what one gets that posts every 300 ms\nthey send            p50 ms   max ms  loop p99 ms   memory MiB   statuses`);
    for (const [name, act] of Object.entries(attacks)) {
      await attack(server.url, name, act);
      await wait(1500);
    }
  } finally {
    await server.stop();
  }
}

await main();
