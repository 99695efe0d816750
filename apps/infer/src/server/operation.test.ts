import { expect, it } from 'vitest';
import { useFakeServers } from '../testing/fake-server.ts';

const start = useFakeServers();

it('answers /ping with an empty body', async () => {
  const { url } = await start();
  const answer = await fetch(`${url}/ping`);
  expect([answer.status, await answer.text()]).toEqual([200, '']);
});

it('counts requests, posts, labels and refusals', async () => {
  const { url, label } = await start();
  await label({ text: 'a text of some length' });
  await label({ text: 'short' });
  await label({ text: 3 });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    'mmhs_posts_total{adapter="first"} 2',
    'mmhs_labels_total{adapter="first",label="long"} 1',
    'mmhs_refused_posts_total{code="MMHS_REQUEST_FIELD"} 1',
    'mmhs_requests_total{route="/invocations",status="200"} 2',
    'mmhs_requests_total{route="/invocations",status="400"} 1',
    'mmhs_waiting_posts 0',
  ]) expect(metrics).toContain(`${line}\n`);
  expect(metrics).toContain('nodejs_eventloop_lag_p99_seconds');
});

it('tells SageMaker to send what fits', async () => {
  const { url } = await start({ bodyBytes: 10 * 2 ** 20, batchSize: 32, openRequests: 64 });
  expect(await (await fetch(`${url}/execution-parameters`)).json()).toEqual({
    MaxConcurrentTransforms: 10, BatchStrategy: 'SINGLE_RECORD', MaxPayloadInMB: 10,
  });
});

it('describes every route but those of the page', async () => {
  const { url } = await start();
  const { openapi, paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    openapi: string; paths: Record<string, { post?: { requestBody: { content: Record<string, { schema: { properties: object } }> } } }>;
  };
  expect(openapi).toBe('3.1.0');
  expect(Object.keys(paths).sort()).toEqual(['/adapters', '/execution-parameters', '/invocations', '/metrics', '/ping', '/prompt']);
  const { content } = paths['/invocations']?.post?.requestBody ?? { content: {} };
  expect(Object.keys(content)).toEqual(['application/json', 'application/jsonlines']);
  expect(Object.keys(content['application/json']?.schema.properties ?? {})).toEqual(['text', 'image_base64', 'adapter', 'id']);
});
