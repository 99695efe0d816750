import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exchange } from '../testing/exchange.ts';
import { useFakeServers } from '../testing/fake-server.ts';

const start = useFakeServers();
const body = '{"text":"a"}';

/** A request that is to be answered and hung up on. */
function request(headers: string, { method = 'POST /invocations', version = '1.1', host = 'Host: x\r\n' } = {}): string {
  return `${method} HTTP/${version}\r\n${host}Connection: close\r\nContent-Type: application/json\r\n${headers}`;
}

const whole = `Content-Length: ${body.length}\r\n\r\n${body}`;
const chunks = `c\r\n${body}\r\n0\r\n\r\n`;

describe('HTTP', () => {
  it.each([
    ['HTTP/1.0, without a host', request(whole, { version: '1.0', host: '' })],
    ['a body in chunks', request(`Transfer-Encoding: chunked\r\n\r\n${chunks}`)],
    ['a body in chunks with extensions and a trailer', request(`Transfer-Encoding: chunked\r\n\r\nc;a=b\r\n${body}\r\n0\r\nX-End: 1\r\n\r\n`)],
    ['a coding that changes nothing', request(`Content-Encoding: identity\r\n${whole}`)],
    ['a wish to change the protocol, which is passed over', request(`Upgrade: h2c\r\n${whole}`)],
  ])('is served: %s', async (_, bytes) => {
    expect(await exchange(await start(), bytes)).toMatch(/^HTTP\/1\.1 200 .*"labels":\[\]/su);
  });

  const unusable: readonly [what: string, bytes: string, status: number, code: string][] = [
    ['not HTTP', 'hello\r\n\r\n', 400, 'MMHS_REQUEST_HTTP'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'MMHS_REQUEST_HTTP'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, 431, 'MMHS_REQUEST_HEADERS'],
    ['an endless address', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`, 431, 'MMHS_REQUEST_HEADERS'],
    ['no host', request(whole, { host: '' }), 400, 'MMHS_REQUEST_HTTP'],
    ['an address with a broken escape', request('\r\n', { method: 'GET /%zz' }), 400, 'MMHS_REQUEST_HTTP'],
    ['two lengths', request(`Content-Length: 3\r\n${whole}`), 400, 'MMHS_REQUEST_HTTP'],
    ['a length and chunks', request(`Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`), 400, 'MMHS_REQUEST_HTTP'],
    ['a length beyond all numbers', request(`Content-Length: ${'9'.repeat(30)}\r\n\r\n`), 400, 'MMHS_REQUEST_HTTP'],
    ['a wrong chunk', request(`Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}`), 400, 'MMHS_REQUEST_HTTP'],
    ['chunks that are compressed too', request(`Transfer-Encoding: gzip, chunked\r\n\r\n${chunks}`), 415, 'MMHS_REQUEST_TYPE'],
    ['something else to expect', request(`Expect: a miracle\r\n${whole}`), 417, 'MMHS_REQUEST_EXPECT'],
    ['a proxy', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'MMHS_REQUEST_METHOD'],
  ];

  it.each(unusable)('is refused in JSON: %s', async (_, bytes, status, code) => {
    const [head = '', json = ''] = (await exchange(await start(), bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, 'u'));
    expect(head).toMatch(/content-type: application\/json/iu);
    expect((/\{.*\}/u.exec(json))?.[0]).toContain(`"code":"${code}"`);
  });

  it('does not unpack bodies, which could become gigabytes', async () => {
    const server = await start();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(await server.post('/invocations', new Uint8Array(gzipSync(' '.repeat(5_000_000))), headers)).toMatchObject({
      status: 415, text: expect.stringContaining('"where":"content-encoding","got":"gzip"') as string,
    });
  });

  it('invites a body that fits when asked, and none that is too large', async () => {
    const server = await start();
    const asking = (length: number): string => request(`Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`);
    expect(await exchange(server, `${asking(body.length)}${body}`)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /u);
    expect(await exchange(server, asking(10_000_000))).toMatch(/^HTTP\/1\.1 413 .*"MMHS_REQUEST_TOO_LARGE"/su);
  });

  it('answers requests behind one another in their order', async () => {
    const posts = ['short', 'a text of some length', 'short'].map((text) => JSON.stringify({ id: text, text }));
    const bytes = posts.map((post) => `POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${post.length}\r\n\r\n${post}`);
    const answers = await exchange(await start(), `${bytes.join('')}${request(whole)}`);
    expect([...answers.matchAll(/"labels":(\[[^\]]*\])/gu)].map(([, labels]) => labels)).toEqual(['[]', '["long"]', '[]', '[]']);
  });
});
