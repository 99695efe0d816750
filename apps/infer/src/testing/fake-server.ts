import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { createServer, type Server } from '../server/create-server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { createPostService } from '../service.ts';
import { fakeLabeller, type FakeOptions } from './fake-labeller.ts';

const usual: ServerSettings = {
  batchSize: 4, batchWaitMilliseconds: 2, openRequests: 8, lines: 8, bodyBytes: 200_000, textLength: 1000, pixels: 1_000_000,
  receiveSeconds: 5, answerSeconds: 5, drainSeconds: 5,
};

/** A listening server on a labeller without a model. */
export interface FakeServer extends Server {
  readonly url: string;
  readonly port: number;
  /** Sends a body and reads the answer as text. */
  post(path: string, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<{ status: number; text: string; headers: Headers }>;
  /** Sends a post as JSON and reads the answer as JSON. */
  label(post: unknown): Promise<{ status: number; json: Record<string, unknown> & { error?: Record<string, string> } }>;
}

/** Starts servers that are stopped after each test. */
export function useFakeServers(): (settings?: Partial<ServerSettings>, labeller?: FakeOptions) => Promise<FakeServer> {
  const running: Server[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ drain }) => drain()));
  });
  return async (settings = {}, labeller = {}) => {
    const all = { ...usual, ...settings };
    const server = await createServer({ service: createPostService({ labeller: fakeLabeller(labeller), limits: all }), settings: all });
    running.push(server);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const post: FakeServer['post'] = async (path, body, headers = { 'content-type': 'application/json' }) => {
      const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
      return { status: response.status, text: await response.text(), headers: response.headers };
    };
    return {
      ...server, url, port, post,
      async label(value) {
        const { status, text } = await post('/invocations', JSON.stringify(value));
        return { status, json: JSON.parse(text) as Record<string, unknown> };
      },
    };
  };
}
