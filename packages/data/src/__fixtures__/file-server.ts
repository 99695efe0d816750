import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** A file that the server offers, with its faults. */
export interface ServedFile {
  content: Uint8Array;
  /** ETag with its quotes; none when left out. */
  etag?: string;
  /** Answers break off after this many bytes, the first `breaks` times (default: always). */
  breakAfter?: number;
  breaks?: number;
  /** Fall silent instead of breaking off. */
  hang?: boolean;
  /** Ignore Range headers. */
  noRanges?: boolean;
  /** Statuses to answer with first. */
  statuses?: number[];
  headers?: Record<string, string>;
}

/** A local HTTP server. */
export interface FileServer {
  readonly url: string;
  readonly files: Map<string, ServedFile>;
  /** `GET /path bytes=5-` and so on, in order. */
  readonly requests: string[];
  readonly seenHeaders: IncomingMessage['headers'][];
  close(): Promise<void>;
}

const running = new Set<FileServer>();

/** Starts a server that speaks HTTP ranges and breaks connections as told; closed after the test. */
export async function startFileServer(files: Readonly<Record<string, ServedFile>> = {}): Promise<FileServer> {
  const map = new Map(Object.entries(files));
  const requests: string[] = [];
  const seenHeaders: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`);
    seenHeaders.push(request.headers);
    const file = map.get(request.url ?? '');
    if (file === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('no');
    else answer(request, response, file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fileServer: FileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: map,
    requests,
    seenHeaders,
    close: () =>
      new Promise((resolve) => {
        running.delete(fileServer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  running.add(fileServer);
  return fileServer;
}

afterEach(async () => {
  for (const server of running) await server.close();
});

function answer(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const status = file.statuses?.shift();
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'text/plain', ...file.headers }).end();
    return;
  }
  const { content, etag } = file;
  const ifRange = request.headers['if-range'];
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const ranged = from !== undefined && file.noRanges !== true && (ifRange === undefined || ifRange === etag);
  const start = ranged ? Number(from) : 0;
  if (start >= content.length && ranged) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  response.writeHead(ranged ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': String(content.length - start),
    ...(etag === undefined ? {} : { etag }),
    ...(ranged ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    ...file.headers,
  });
  const { breakAfter } = file;
  if (breakAfter === undefined || file.breaks === 0) {
    response.end(content.subarray(start));
    return;
  }
  if (file.breaks !== undefined) file.breaks -= 1;
  response.flushHeaders();
  // The pause lets the bytes reach the reader: what is still queued there when the connection breaks is lost.
  response.write(content.subarray(start, start + breakAfter));
  if (file.hang !== true) setTimeout(() => response.destroy(), 30);
}
