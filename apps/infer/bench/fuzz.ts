// Sends random requests to a server, well-formed HTTP and not, and tells every answer that is not in order.
//
//   pnpm --filter infer fuzz --adapter runs/demo/lora_adapter      starts a server
//   pnpm --filter infer fuzz http://127.0.0.1:8080                 takes one that runs
//
// COUNT=2000 and SEED=1 set how many requests and which.
import { connect } from 'node:net';
import { createRandom, type Random } from '@mmhs/core';
import { findFault, fuzzCases } from '../src/testing/fuzz-cases.ts';
import { startServer } from './start-server.ts';

const count = Number(process.env['COUNT'] ?? 2000);
const seed = Number(process.env['SEED'] ?? Date.now());

async function main(): Promise<void> {
  const server = await startServer(process.argv.slice(2));
  console.log(`${count} requests, seed ${seed}`);
  try {
    const statuses = new Map<number, number>();
    const faults = [...(await fuzzRequests(server.url, statuses)), ...(await fuzzSockets(server.url))];
    const alive = await fetch(`${server.url}/invocations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"a"}' });
    console.log(`statuses: ${[...statuses].sort().map(([status, times]) => `${status}: ${times}`).join(', ')}`);
    console.log(`a good post afterwards: ${alive.status}`);
    for (const fault of faults) console.error(fault);
    process.exitCode = faults.length === 0 && alive.status === 200 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

async function fuzzRequests(url: string, statuses: Map<number, number>): Promise<string[]> {
  const faults: string[] = [];
  const cases = fuzzCases(seed);
  const work = async (): Promise<void> => {
    for (let done = 0; done < count / 8; done++) {
      const { path, method, headers, body } = cases.next().value;
      const response = await fetch(`${url}${path}`, { method, headers, ...(method === 'GET' ? {} : { body }) });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const fault = findFault({ status: response.status, body: await response.text() });
      if (fault !== undefined) faults.push(`${fault}: ${method} ${path} ${JSON.stringify(headers)} ${body.toString('base64').slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return faults;
}

/** Sends bytes that are hardly HTTP, and hangs up at any moment. The server has to stay; what it answers is its own affair. */
async function fuzzSockets(url: string): Promise<string[]> {
  const { hostname, port } = new URL(url);
  const random = createRandom([seed, 'sockets']);
  for (let done = 0; done < count / 20; done++) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(almostHttp(random));
        setTimeout(() => socket.destroy(), random.integer(20));
      });
      socket.resume().on('error', () => undefined).on('close', () => resolve());
    });
  }
  const ping = await fetch(`${url}/ping`).catch((error: unknown) => error as Error);
  return ping instanceof Response && ping.status === 200 ? [] : [`no ping after broken connections: ${String(ping)}`];
}

function almostHttp(random: Random): Buffer {
  const parts = [
    'POST /invocations HTTP/1.1\r\n', 'GET / HTTP/1.1\r\n', 'Host: x\r\n', 'Content-Type: application/json\r\n', 'Content-Length: 10\r\n',
    'Content-Length: -1\r\n', 'Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', '\r\n', '{"text":', 'ffffffffff\r\n', '\0\xff',
  ];
  return Buffer.from(Array.from({ length: random.integer(8) }, () => parts[random.integer(parts.length)]).join(''), 'latin1');
}

await main();
