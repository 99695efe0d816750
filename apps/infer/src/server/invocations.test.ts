import { describe, expect, it } from 'vitest';
import { useFakeServers } from '../testing/fake-server.ts';
import { greyPng } from '../testing/pictures.ts';

const start = useFakeServers();
const picture = greyPng(8, 8).toString('base64');
const lines = { 'content-type': 'application/jsonlines' };

describe('POST /invocations', () => {
  it('labels one post', async () => {
    const server = await start();
    expect(await server.label({ id: 7, text: 'twelve chars', image_base64: picture })).toEqual({
      status: 200,
      json: {
        id: 7, labels: ['long', 'picture'], scores: { long: 0.9, picture: 1 }, raw_generation: 'twelve chars', valid: true,
        adapter: 'first', adapter_version: 'first-1',
      },
    });
  });

  it('takes data URLs, line breaks in base64, and a picture alone', async () => {
    const server = await start();
    for (const image_base64 of [`data:image/png;base64,${picture}`, ` DATA:image/png;charset=x;BASE64, ${picture}`, picture.replace(/.{20}/gu, '$&\r\n')]) {
      expect(await server.label({ image_base64 })).toMatchObject({ status: 200, json: { labels: ['picture'] } });
    }
  });

  it("takes SageMaker's headers, and content types in any spelling", async () => {
    const server = await start();
    const headers = { accept: 'application/json', 'x-amzn-sagemaker-custom-attributes': 'trace=1', 'x-amzn-sagemaker-inference-id': 'id' };
    for (const type of ['application/json', 'Application/JSON; charset=UTF-8', 'application/jsonlines', 'application/x-ndjson', 'application/jsonlines; charset=utf-8']) {
      const answer = await server.post('/invocations', '{"text":"a"}', { ...headers, 'content-type': type });
      expect([answer.status, (JSON.parse(answer.text) as { labels: string[] }).labels], type).toEqual([200, []]);
    }
  });

  it('asks the adapter that the post names', async () => {
    const server = await start();
    expect(await server.label({ text: 'x', adapter: 'second' })).toMatchObject({ json: { adapter: 'second', adapter_version: 'second-1' } });
    expect(await server.label({ text: 'x', adapter: 'third' })).toMatchObject({
      status: 400, json: { error: { code: 'MMHS_REQUEST_ADAPTER', got: '"third"', expected: '"first" or "second"' } },
    });
  });

  it('answers lines by as many lines in order, errors in their places', async () => {
    const server = await start();
    const body = ['{"id":"a","text":"short"}', '{"id":"b","text":', '', '{"id":"c","image_base64":"!"}', '{"id":"d","text":"long enough, this"}'].join('\n');
    const answer = await server.post('/invocations', `${body}\n`, lines);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/jsonlines');
    const rows = answer.text.trimEnd().split('\n').map((line) => JSON.parse(line) as { id?: string; labels?: string[]; error?: { code: string; where: string } });
    expect(rows.map(({ id, labels, error }) => labels ?? [id, error?.code, error?.where])).toEqual([
      [],
      [undefined, 'MMHS_REQUEST_JSON', 'line 2'],
      [undefined, 'MMHS_REQUEST_JSON', 'line 3'],
      ['c', 'MMHS_REQUEST_BASE64', 'line 4, image_base64'],
      ['long'],
    ]);
  });

  it('lets one request after another through a labeller that takes one batch at a time', async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    };
    const server = await start({ openRequests: 100 }, { work });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => server.label({ id: index, text: 'x'.repeat(index + 1) })));
    expect(answers.map(({ json }) => json['raw_generation'])).toEqual(Array.from({ length: 30 }, (_, index) => 'x'.repeat(index + 1)));
    expect(most).toBe(1);
  });

  it('answers in the form that the client takes', async () => {
    const server = await start();
    const ask = async (accept: string) => {
      const { status, headers, text } = await server.post('/invocations', '{"text":"a"}', { 'content-type': 'application/json', accept });
      return [status, headers.get('content-type')?.split(';')[0], text.endsWith('}\n')];
    };
    for (const accept of ['*/*', 'application/*', 'APPLICATION/JSON', 'text/html, */*;q=0.1', 'application/json, application/jsonlines']) {
      expect(await ask(accept), accept).toEqual([200, 'application/json', false]);
    }
    expect(await ask('application/jsonlines')).toEqual([200, 'application/jsonlines', true]);
    for (const accept of ['text/csv', '*/*;q=0', 'application/json;q=0.0']) expect((await ask(accept))[0], accept).toBe(406);
  });

  it('replaces half an emoji', async () => {
    const server = await start();
    expect(await server.label({ text: 'cut \ud83d' })).toMatchObject({ json: { raw_generation: 'cut \ufffd' } });
  });
});

describe('a request that is not usable', () => {
  const cases: readonly [what: string, body: string | Uint8Array<ArrayBuffer>, status: number, code: string][] = [
    ['no body', '', 400, 'MMHS_REQUEST_EMPTY'],
    ['malformed JSON', '{"text": "a"', 400, 'MMHS_REQUEST_JSON'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400, 'MMHS_REQUEST_JSON'],
    ['several lines as one post', '{"text":"a"}\n{"text":"b"}\n', 400, 'MMHS_REQUEST_JSON'],
    ['a null picture without a text', '{"text":"","image_base64":null}', 400, 'MMHS_REQUEST_EMPTY'],
    ['a data URL without a picture', '{"image_base64":"data:image/png;base64,"}', 400, 'MMHS_REQUEST_BASE64'],
    ['a data URL that is not in base64', '{"image_base64":"data:image/svg+xml,<svg/>"}', 400, 'MMHS_REQUEST_BASE64'],
    ['deep nesting', '['.repeat(50_000), 400, 'MMHS_REQUEST_JSON'],
    ['an array', '[{"text":"a"}]', 400, 'MMHS_REQUEST_FIELD'],
    ['null', 'null', 400, 'MMHS_REQUEST_FIELD'],
    ['a text that is none', '{"text": 3}', 400, 'MMHS_REQUEST_FIELD'],
    ['an unknown field', '{"txt": "a"}', 400, 'MMHS_REQUEST_FIELD'],
    ['more fields than are worth parsing', `{${Array.from({ length: 9000 }, (_, index) => `"k${index}":1`).join()}}`, 400, 'MMHS_REQUEST_FIELD'],
    ['a field over and over', `{${'"text":"a",'.repeat(9000)}"text":"b"}`, 400, 'MMHS_REQUEST_FIELD'],
    ['a dangerous field', '{"text": "a", "__proto__": {"x": 1}}', 400, 'MMHS_REQUEST_FIELD'],
    ['an empty post', '{"text": " "}', 400, 'MMHS_REQUEST_EMPTY'],
    ['a long text', JSON.stringify({ text: 'a'.repeat(1001) }), 413, 'MMHS_REQUEST_TOO_LARGE'],
    ['a name that would come back as another', '{"text": "a", "id": 12345678901234567890}', 400, 'MMHS_REQUEST_FIELD'],
    ['an address instead of a picture', '{"image_base64": "https://example.org/a.png"}', 400, 'MMHS_REQUEST_BASE64'],
    ['base64 of another alphabet', '{"image_base64": "ab-_"}', 400, 'MMHS_REQUEST_BASE64'],
    ['base64 cut short', '{"image_base64": "abcde"}', 400, 'MMHS_REQUEST_BASE64'],
    ['base64 padded inside', '{"image_base64": "ab==abcd"}', 400, 'MMHS_REQUEST_BASE64'],
    ['no picture', JSON.stringify({ image_base64: Buffer.from('plain text').toString('base64') }), 422, 'MMHS_IMAGE_FORMAT'],
    ['a vector graphic', JSON.stringify({ image_base64: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64') }), 422, 'MMHS_IMAGE_FORMAT'],
    ['a picture cut short', JSON.stringify({ image_base64: greyPng(64, 64).subarray(0, 60).toString('base64') }), 422, 'MMHS_IMAGE_CORRUPT'],
    ['a decompression bomb', JSON.stringify({ image_base64: greyPng(5000, 5000).toString('base64') }), 413, 'MMHS_IMAGE_TOO_LARGE'],
    ['a body beyond the limit', JSON.stringify({ text: 'a'.repeat(300_000) }), 413, 'MMHS_REQUEST_TOO_LARGE'],
  ];

  it.each(cases)('is told so: %s', async (_, body, status, code) => {
    const server = await start();
    const answer = await server.post('/invocations', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { error } = JSON.parse(answer.text) as { error: Record<string, string> };
    expect(error).toMatchObject({ code, message: expect.any(String) as string });
    expect(await server.label({ text: 'still there' })).toMatchObject({ status: 200 });
  });

  it('is told so: a wrong type, method, place or form of answer', async () => {
    const server = await start();
    expect(await server.post('/invocations', 'text=a', { 'content-type': 'application/x-www-form-urlencoded' }))
      .toMatchObject({ status: 415, text: expect.stringMatching(/MMHS_REQUEST_TYPE.*"got":"application\/x-www-form-urlencoded"/u) as string });
    expect(await server.post('/nowhere', '{}')).toMatchObject({ status: 404, text: expect.stringContaining('MMHS_REQUEST_ROUTE') as string });
    const get = await fetch(`${server.url}/invocations`);
    expect([get.status, await get.text()]).toEqual([405, expect.stringContaining('"expected":"POST"')]);
    expect(await server.post('/invocations', '{"text":"a"}', { 'content-type': 'application/json', accept: 'text/csv' }))
      .toMatchObject({ status: 406, text: expect.stringContaining('MMHS_REQUEST_ACCEPT') as string });
  });

  it('is told how to send several posts, and which base64 is meant', async () => {
    const server = await start();
    expect((await server.post('/invocations', '{"text":"a"}\n{"text":"b"}')).text).toContain('application/jsonlines');
    expect((await server.post('/invocations', '{"image_base64":"ab-_"}')).text).toContain('not - and _');
  });

  it('is told so: too many lines', async () => {
    const server = await start();
    expect(await server.post('/invocations', '{"text":"a"}\n'.repeat(9), lines))
      .toMatchObject({ status: 413, text: expect.stringContaining('9 lines; expected at most 8') as string });
    expect(await server.post('/invocations', '\n'.repeat(100_000), lines))
      .toMatchObject({ status: 413, text: expect.stringContaining('100000 lines') as string });
  });
});
