import { expect, it } from 'vitest';
import { useFakeServers } from '../testing/fake-server.ts';
import { findFault, fuzzCases } from '../testing/fuzz-cases.ts';

const start = useFakeServers();

it('answers 400 random requests in order, each clearly, and still works', async () => {
  const { app, label } = await start();
  const statuses = new Set<number>();
  const cases = fuzzCases(1);
  for (let count = 0; count < 400; count++) {
    const { path, method, headers, body } = cases.next().value;
    const answer = await app.inject({ url: path, method: method as 'POST', headers, ...(method === 'GET' ? {} : { payload: body }) });
    statuses.add(answer.statusCode);
    const fault = findFault({ status: answer.statusCode, body: answer.body });
    expect(fault, `case ${count}: ${method} ${path} ${JSON.stringify(headers)} ${body.toString('base64').slice(0, 200)}`).toBeUndefined();
  }
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 405, 415, 422]));
  expect(await label({ text: 'still there' })).toMatchObject({ status: 200 });
});
