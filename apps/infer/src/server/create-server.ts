import { setMaxListeners } from 'node:events';
import { MmhsError } from '@mmhs/core';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createPlaces, type Places } from '../places.ts';
import type { PostService } from '../service.ts';
import { createBatcher } from './batcher.ts';
import { answerBrokenHttp } from './broken-http.ts';
import { checkHead } from './check-head.ts';
import { followConnections, type Connections } from './connections.ts';
import { jsonType, lineTypes } from './content-types.ts';
import { errorBody, statusOf, toPublicError } from './error-reply.ts';
import { answerHttpEvents } from './http-events.ts';
import { limitRequests } from './limit-requests.ts';
import { createMetrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { addApiRoutes } from './routes-api.ts';
import { addOperationRoutes } from './routes-operation.ts';
import { addPageRoutes } from './routes-page.ts';
import type { ServerSettings } from './settings.ts';

/** A server that does not listen yet. */
export interface Server {
  readonly app: FastifyInstance;
  /** Refuses new requests, lets open ones end, aborts them when the time for that is up, and closes. */
  drain(): Promise<void>;
}

/** What all routes work with. */
export interface ServerContext {
  readonly service: PostService;
  readonly settings: ServerSettings;
  readonly batcher: ReturnType<typeof createBatcher>;
  /** For pictures that are ready for the model, which take far more memory than as a file. */
  readonly places: Places;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly connections: Connections;
  /** Aborted when open requests are to end at once. */
  readonly stop: AbortSignal;
  readonly isDraining: () => boolean;
}

/** A batch that the model works on, and the next one. */
const batchesReady = 2;

/** Time to tell the clients of aborted requests before hanging up. */
const secondsToAnswer = 1;

/** Creates the server around a service. */
export async function createServer(options: {
  readonly service: PostService;
  readonly settings: ServerSettings;
  /** Where unexpected errors are logged as JSON lines. Default: nowhere. */
  readonly log?: NodeJS.WritableStream;
}): Promise<Server> {
  const { service, settings, log } = options;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one for each open request
  let draining = false;
  const batcher = createBatcher({
    label: (batch) => service.label(batch),
    batchSize: settings.batchSize,
    waitMilliseconds: settings.batchWaitMilliseconds,
    onBatch: (batch) => metrics.batch(batch),
  });
  const places = createPlaces(batchesReady * settings.batchSize);
  const metrics = createMetrics({ waiting: () => batcher.waiting + places.waiting });
  const app = createApp(settings, log);
  const connections = followConnections(app, { requestSeconds: 2 * settings.receiveSeconds + settings.answerSeconds });
  const context: ServerContext = {
    service, settings, batcher, places, metrics, connections, stop: stop.signal, isDraining: () => draining,
  };
  app.setValidatorCompiler(() => () => true); // bodies are checked in the labelling thread
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([jsonType, ...lineTypes], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  addHooks(app, context);
  await describeApi(app);
  await app.register(async (routes) => addOperationRoutes(routes, context));
  await app.register(async (routes) => addApiRoutes(routes, context));
  await app.register(addPageRoutes);
  return {
    app,
    async drain() {
      draining = true;
      const closed = app.close();
      connections.closeIdle();
      const timers = [
        setTimeout(() => stop.abort(stopping()), settings.drainSeconds * 1000),
        setTimeout(() => connections.closeAll(), settings.drainSeconds * 1000 + secondsToAnswer * 1000),
      ];
      await closed;
      timers.forEach(clearTimeout);
    },
  };
}

function createApp(settings: ServerSettings, log: NodeJS.WritableStream | undefined): FastifyInstance {
  const app = fastify({
    bodyLimit: settings.bodyBytes,
    requestTimeout: settings.receiveSeconds * 1000,
    http: {
      headersTimeout: settings.receiveSeconds * 1000,
      connectionsCheckingInterval: Math.min(1000, settings.receiveSeconds * 250),
      requireHostHeader: false, // checked in our own words
    },
    return503OnClosing: false, // answered in our own words
    clientErrorHandler: answerBrokenHttp,
    frameworkErrors: (error, request, reply) => void sendError({ error, request, reply }, settings),
    routerOptions: { ignoreTrailingSlash: true },
    ...(log === undefined ? {} : { logger: { level: 'warn', stream: { write: (line: string) => void log.write(line) } } }),
  });
  app.server.maxConnections = 1000;
  answerHttpEvents(app.server, settings);
  return app;
}

function addHooks(app: FastifyInstance, context: ServerContext): void {
  const { metrics, settings, batcher, places, connections, isDraining } = context;
  app.addHook('onRequest', async (request) => {
    checkHead(request);
    if (request.method === 'POST' && isDraining()) throw stopping();
  });
  limitRequests(app, connections, settings);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (isDraining()) reply.header('connection', 'close');
    if (reply.statusCode === 429 || reply.statusCode === 503) reply.header('retry-after', String(batcher.retryAfter(places.waiting)));
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.request({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  });
  app.setErrorHandler((error, request, reply) => {
    const status = sendError({ error, request, reply }, settings);
    if (status === 500) request.log.error(error);
    return reply;
  });
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url: path }));
    if (methods.length === 0) throw new MmhsError('MMHS_REQUEST_ROUTE', 'There is nothing here', { where: path.slice(0, 200), fix: 'see /openapi.json' });
    throw new MmhsError('MMHS_REQUEST_METHOD', 'The method is not served here', { where: path, got: request.method, expected: methods.join(' or ') });
  });
}

/** Answers with an error as the caller may see it; tells the status. */
function sendError({ error, request, reply }: {
  readonly error: unknown; readonly request: Pick<FastifyRequest, 'headers'>; readonly reply: FastifyReply;
}, { bodyBytes }: Pick<ServerSettings, 'bodyBytes'>): number {
  const told = toPublicError(error, { bodyBytes, contentType: request.headers['content-type'] });
  const status = statusOf(told);
  reply.code(status).type(jsonType).send(errorBody(told));
  return status;
}

function stopping(): MmhsError {
  return new MmhsError('MMHS_SERVER_STOPPING', 'The server is stopping', { fix: 'try again; another server may answer' });
}
