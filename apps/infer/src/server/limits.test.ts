import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { exchange } from '../testing/exchange.ts';
import { useFakeServers } from '../testing/fake-server.ts';
import { greyPng } from '../testing/pictures.ts';

const start = useFakeServers();

/** Work that is done when the test says so. */
function gate(): { readonly work: () => Promise<void>; readonly open: () => void; readonly calls: () => number } {
  let open = (): void => {};
  let calls = 0;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { work: () => ((calls += 1), opened), open, calls: () => calls };
}

describe('limits', () => {
  it('answers a body of 50 MB without reading it, announced or not', async () => {
    const server = await start();
    const body = new Uint8Array(50 * 2 ** 20);
    expect(await server.post('/invocations', body)).toMatchObject({ status: 413, text: expect.stringContaining('at most 200000 bytes') as string });
    const chunked = await exchange(server,
      `POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`186a0\r\n${'a'.repeat(100_000)}\r\n`.repeat(3)}`);
    expect(chunked).toMatch(/^HTTP\/1\.1 413 .*"MMHS_REQUEST_TOO_LARGE"/su);
    expect(await server.label({ text: 'next' })).toMatchObject({ status: 200 });
  });

  it('hangs up on clients that send too slowly, with 408', async () => {
    const server = await start({ receiveSeconds: 0.2 });
    const [head, body] = await Promise.all([
      exchange(server, 'POST /invocations HTTP/1.1\r\nHost:'),
      exchange(server, 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"text'),
    ]);
    for (const answer of [head, body]) expect(answer).toMatch(/^HTTP\/1\.1 408 .*"MMHS_REQUEST_SLOW"/su);
  });

  it('lets slow clients keep nobody out: with places short, those who send for long lose theirs', async () => {
    const server = await start({ openRequests: 3 });
    const head = 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const slow = [
      exchange(server, `${head}Content-Length: 100\r\n\r\n{`),
      exchange(server, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`),
      // Its first answer comes; what follows never arrives, and no answer may be taken for the first one's.
      exchange(server, `${head}Content-Length: 12\r\n\r\n{"text":"a"}${head}Content-Length: 100\r\n\r\n{`),
    ];
    await vi.waitFor(async () => expect(await server.post('/invocations', '{"text":"x"}')).toMatchObject({ status: 429 }));
    await vi.waitFor(async () => expect(await server.label({ text: 'fits' })).toMatchObject({ status: 200 }), { timeout: 4000, interval: 200 });
    await Promise.all(Array.from({ length: 3 }, () => server.label({ text: 'more' })));
    const [first, second, third] = await Promise.all(slow);
    for (const answer of [first, second, third]) expect(answer).toMatch(/HTTP\/1\.1 408 .*"MMHS_REQUEST_SLOW"/su);
    expect(third).toMatch(/^HTTP\/1\.1 200 /u);
  });

  it('takes the place of a client that does not read its answers while others wait', async () => {
    const server = await start({ openRequests: 2, bodyBytes: 40_000_000, lines: 1 });
    const body = JSON.stringify({ id: 'x'.repeat(30_000_000), text: 'a' });
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined).pause();
    const closed = once(socket, 'close');
    socket.write(`POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(async () => expect(await Promise.all([server.label({ text: 'one' }), server.label({ text: 'two' })]))
      .toMatchObject([{ status: 200 }, { status: 200 }]), { timeout: 5000, interval: 200 });
    socket.resume();
    await closed;
  });

  it('hangs up when more follows than is worth receiving, whatever was asked for', async () => {
    const server = await start({ bodyBytes: 1000 });
    const chunk = `186a0\r\n${'a'.repeat(100_000)}\r\n`;
    const chunked = 'Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await exchange(server, `GET /ping HTTP/1.1\r\n${chunked}${chunk}`)).toMatch(/^HTTP\/1\.1 200 .*connection: close/su);
    const text = chunked.replace('application/json', 'text/plain');
    expect(await exchange(server, `POST /invocations HTTP/1.1\r\n${text}${chunk}`)).toMatch(/^HTTP\/1\.1 415 .*connection: close/su);
    expect(await exchange(server, 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n'))
      .toMatch(/^HTTP\/1\.1 413 .*connection: close/su);
  });

  it('answers 429 with Retry-After when too many requests are under way, and takes posts again afterwards', async () => {
    const { work, open, calls } = gate();
    const server = await start({ openRequests: 2, batchSize: 1 }, { work });
    const taken = [server.label({ text: 'runs' }), server.label({ text: 'waits' })];
    await vi.waitFor(() => expect(calls()).toBe(1));
    await vi.waitFor(async () => {
      const refused = await server.post('/invocations', '{"text":"too much"}');
      expect(refused).toMatchObject({ status: 429, text: expect.stringContaining('MMHS_SERVER_BUSY') as string });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    });
    open();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await server.label({ text: 'fits' })).toMatchObject({ status: 200 });
  });

  it('gives up after the time for an answer, with 503', async () => {
    const server = await start({ answerSeconds: 0.1 }, { work: (_, signal) => new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    }) });
    const answer = await server.post('/invocations', '{"text":"a"}');
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('MMHS_SERVER_TIMEOUT') as string });
    expect(answer.headers.has('retry-after')).toBe(true);
  });

  it('stops the work of a client that has left', async () => {
    let stopped = false;
    const server = await start({}, { work: (_, signal) => new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        stopped = true;
        reject(new Error('stopped'));
      });
    }) });
    const controller = new AbortController();
    const request = fetch(`${server.url}/invocations`, {
      method: 'POST', body: '{"text":"a"}', headers: { 'content-type': 'application/json' }, signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 50);
    await expect(request).rejects.toThrow();
    await vi.waitFor(() => expect(stopped).toBe(true));
  });

  it.each([
    ['one request', 1],
    ['requests behind one another', 3],
  ])('keeps no place for a client that leaves while its posts are labelled: %s on a connection', async (_, count) => {
    const { work, open, calls } = gate();
    const server = await start({ openRequests: count, batchSize: 1 }, { work });
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"text":"a"}'.repeat(count));
    await vi.waitFor(() => expect(calls()).toBe(1));
    await vi.waitFor(async () => expect(await server.post('/invocations', '{"text":"x"}')).toMatchObject({ status: 429 }));
    socket.destroy();
    open();
    await vi.waitFor(async () => expect(await server.label({ text: 'next' })).toMatchObject({ status: 200 }));
  });

  it('keeps no place for a client that leaves while it waits in the queue, or while its picture waits for a place', async () => {
    const { work, open, calls } = gate();
    const server = await start({ openRequests: 5, batchSize: 1 }, { work });
    const controller = new AbortController();
    const image_base64 = greyPng(8, 8).toString('base64');
    const running = server.label({ image_base64 });
    await vi.waitFor(() => expect(calls()).toBe(1));
    const left = Array.from({ length: 4 }, () => fetch(`${server.url}/invocations`, {
      method: 'POST', body: JSON.stringify({ image_base64 }), headers: { 'content-type': 'application/json' }, signal: controller.signal,
    }));
    const waiting = async (): Promise<string> => (await (await fetch(`${server.url}/metrics`)).text()).match(/^mmhs_waiting_posts (\d+)$/mu)?.[1] ?? '';
    await vi.waitFor(async () => expect(await waiting()).toBe('4'));
    controller.abort();
    await Promise.all(left.map((request) => expect(request).rejects.toThrow()));
    await vi.waitFor(async () => expect(await waiting()).toBe('0'));
    open();
    expect(await running).toMatchObject({ status: 200 });
    const again = await Promise.all(Array.from({ length: 5 }, () => server.label({ image_base64 })));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('hangs up on clients that never read their answers, and keeps no place for them', async () => {
    const server = await start({ openRequests: 1, bodyBytes: 40_000_000, lines: 1, receiveSeconds: 0.5, answerSeconds: 0.5 });
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined).pause();
    // The name of the post comes back with the answer: more than the buffers of the connection hold.
    const body = JSON.stringify({ id: 'x'.repeat(30_000_000), text: 'a' });
    socket.write(`POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(async () => expect(await server.post('/invocations', '{"text":"x"}')).toMatchObject({ status: 429 }));
    await vi.waitFor(async () => expect(await server.label({ text: 'next' })).toMatchObject({ status: 200 }), { timeout: 5000, interval: 200 });
    socket.destroy();
  });

  it('tells nothing of its inside when it fails, and logs it', async () => {
    const server = await start({}, { work: () => Promise.reject(new Error('secret path')) });
    const { status, json } = await server.label({ text: 'a' });
    expect(status).toBe(500);
    expect(json.error).toMatchObject({ code: 'MMHS_SERVER_FAILED' });
    expect(JSON.stringify(json)).not.toContain('secret');
  });
});

describe('drain', () => {
  it('lets open requests end and refuses new ones', async () => {
    const { work, open, calls } = gate();
    const server = await start({}, { work });
    const running = server.label({ text: 'runs' });
    await vi.waitFor(() => expect(calls()).toBe(1));
    const kept = connect(server.port, '127.0.0.1');
    await once(kept, 'connect');
    let answer = '';
    kept.on('data', (chunk) => { answer += chunk.toString(); });
    kept.write('POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n'); // its body follows
    await new Promise((resolve) => setTimeout(resolve, 20));
    const drained = server.drain();
    await expect(fetch(`${server.url}/ping`)).rejects.toThrow();
    open();
    expect(await running).toMatchObject({ status: 200 });
    const hungUp = once(kept, 'close');
    kept.write('{"text":"a"}');
    await Promise.all([drained, hungUp]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*connection: close/su);
  });

  it('does not wait for connections that only stay open', async () => {
    const server = await start();
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    await fetch(`${server.url}/ping`);
    const begun = performance.now();
    await Promise.all([server.drain(), once(silent.resume(), 'close')]);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('hangs up on those who never send the rest', async () => {
    const server = await start({ drainSeconds: 0.1 });
    const endless = exchange(server, 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.drain();
    expect(await endless).toBe('');
  });

  it('aborts what takes longer than its time', async () => {
    const server = await start({ drainSeconds: 0.1 }, { work: (_, signal) => new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    }) });
    const request = server.label({ text: 'endless' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.drain();
    expect(await request).toMatchObject({ status: 503, json: { error: { code: 'MMHS_SERVER_STOPPING' } } });
  });
});
