import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model of the pretended Hub. Files that end in `.safetensors`, and `tokenizer.json`, are stored as large ones. */
export interface ServedModel {
  commit: string;
  files: Record<string, Buffer>;
  /** Branches and tags besides `main`, with their commits. */
  refs?: Record<string, string>;
  /** Files can only be had with this token. */
  gatedFor?: string;
}

/** A request as the server saw it. */
export interface SeenRequest {
  readonly host: 'hub' | 'storage';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What goes wrong, by file name or for all. */
export interface Faults {
  /** Bytes after which the connection of a large file breaks; each entry serves for one request. */
  breakAfter?: number[];
  /** Requests to the API and the storage answered with this status first. */
  statuses?: number[];
  ignoreRanges?: boolean;
  /** Large files come with their last byte changed. */
  corrupt?: boolean;
  /** Large files never send a byte. */
  silent?: boolean;
  /** Sizes announced instead of the real ones. */
  announcedSizes?: Record<string, number>;
  /** Answers of the API that are not the Hub's. */
  apiAnswer?: string;
}

/** A local server that speaks as much of the Hub's API as downloads need, with its files on a second address. */
export interface HubServer {
  readonly endpoint: string;
  readonly models: Map<string, ServedModel>;
  readonly requests: SeenRequest[];
  faults: Faults;
  close(): Promise<void>;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const gitSha1 = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
const isLarge = (name: string): boolean => name.endsWith('.safetensors') || name === 'tokenizer.json';

/** The name of a file's blob in the cache. */
export const etagOf = (name: string, bytes: Buffer): string => (isLarge(name) ? sha256(bytes) : gitSha1(bytes));

/** Starts the server on free ports. */
export async function startHubServer(models: Record<string, ServedModel>): Promise<HubServer> {
  const state = { models: new Map(Object.entries(models)), requests: [] as SeenRequest[], faults: {} as Faults };
  const see = (host: SeenRequest['host'], { method = '', url = '', headers }: IncomingMessage): void => {
    state.requests.push({ host, method, path: url, range: headers.range, authorization: headers.authorization });
  };
  const failing = (response: ServerResponse): boolean => {
    const status = state.faults.statuses?.shift();
    if (status !== undefined) response.writeHead(status).end();
    return status !== undefined;
  };
  const storage = await listen((request, response) => {
    see('storage', request);
    if (!failing(response)) serveStored(state, request, response);
  });
  const hub = await listen((request, response) => {
    see('hub', request);
    // Another name for this machine: clients treat redirects to the same host otherwise.
    if (!failing(response)) serveHub(state, storage.address.replace('127.0.0.1', 'localhost'), request, response);
  });
  return {
    endpoint: hub.address,
    models: state.models,
    requests: state.requests,
    get faults() {
      return state.faults;
    },
    set faults(faults) {
      state.faults = faults;
    },
    close: async () => {
      await Promise.all([hub, storage].map(({ server }) => stop(server)));
    },
  };
}

interface State {
  readonly models: Map<string, ServedModel>;
  readonly faults: Faults;
}

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ server: Server; address: string }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function serveHub(state: State, storage: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '', 'http://hub');
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)/.exec(pathname);
  const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
  const [, id = '', rawRevision = ''] = api === null ? (file ?? []) : [api[0], api[1], api[3]];
  const revision = decodeURIComponent(rawRevision);
  const model = state.models.get(id);
  if (model === undefined) return refuse(response, 401, 'RepoNotFound', 'Repository not found');
  const commit = { main: model.commit, [model.commit]: model.commit, ...model.refs }[revision];
  if (commit === undefined) return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  if (api !== null) {
    const answer = state.faults.apiAnswer ?? JSON.stringify(api[2] === 'tree' ? tree(state, model) : info(id, model, commit));
    response.writeHead(200, { 'Content-Type': 'application/json', 'X-Repo-Commit': commit }).end(answer);
    return;
  }
  const { authorization } = request.headers;
  if (model.gatedFor !== undefined && authorization !== `Bearer ${model.gatedFor}`) {
    if (authorization === undefined) return refuse(response, 401, 'GatedRepo', `Access to model ${id} is restricted.`);
    return refuse(response, 403, 'GatedRepo', `Your account is not in the authorized list for ${id}.`);
  }
  resolveFile({ name: decodeURIComponent(file?.[3] ?? ''), model, commit, storage, request, response });
}

function resolveFile(options: {
  readonly name: string; readonly model: ServedModel; readonly commit: string; readonly storage: string;
  readonly request: IncomingMessage; readonly response: ServerResponse;
}): void {
  const { name, model, commit, storage, request, response } = options;
  const bytes = model.files[name];
  if (bytes === undefined) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
  const headers = { 'X-Repo-Commit': commit, 'Accept-Ranges': 'bytes', ETag: `"${etagOf(name, bytes)}"` };
  if (!isLarge(name)) return send(request, response, bytes, headers, false);
  response.writeHead(302, {
    ...headers, Location: `${storage}/${sha256(bytes)}`, 'X-Linked-ETag': `"${sha256(bytes)}"`, 'X-Linked-Size': bytes.length,
  }).end();
}

function serveStored(state: State, request: IncomingMessage, response: ServerResponse): void {
  const all = [...state.models.values()].flatMap(({ files }) => Object.values(files));
  const bytes = all.find((each) => request.url === `/${sha256(each)}`);
  if (bytes === undefined) return refuse(response, 404, 'EntryNotFound', 'No such object');
  const { faults } = state;
  if (faults.silent === true) return;
  const sent = faults.corrupt === true ? Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]) : bytes;
  send(request, response, sent, { 'Accept-Ranges': 'bytes', ETag: '"storage"' }, faults.ignoreRanges === true, faults.breakAfter?.shift());
}

function send(
  request: IncomingMessage, response: ServerResponse, bytes: Buffer, headers: Record<string, string>, ignoreRange: boolean, breakAfter?: number,
): void {
  const start = ignoreRange ? 0 : Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= bytes.length && start > 0) return void response.writeHead(416).end();
  const part = bytes.subarray(start);
  const range = start === 0 ? {} : { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(start === 0 ? 200 : 206, { ...headers, ...range, 'Content-Length': part.length });
  if (request.method === 'HEAD') return void response.end();
  if (breakAfter === undefined) return void response.end(part);
  response.write(part.subarray(0, breakAfter), () => response.destroy());
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': message, 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: message }));
}

function info(id: string, { files, gatedFor }: ServedModel, commit: string): unknown {
  return {
    _id: '1', id, modelId: id, sha: commit, private: false, gated: gatedFor === undefined ? false : 'manual', downloads: 0, likes: 0,
    lastModified: '2026-01-01T00:00:00.000Z', siblings: Object.keys(files).map((rfilename) => ({ rfilename })), tags: [],
  };
}

function tree({ faults }: State, { files }: ServedModel): unknown {
  return Object.entries(files).map(([path, bytes]) => {
    const size = faults.announcedSizes?.[path] ?? bytes.length;
    const oid = gitSha1(bytes);
    return { type: 'file', oid, size, path, ...(isLarge(path) ? { lfs: { oid: sha256(bytes), size, pointerSize: 134 } } : {}) };
  });
}
