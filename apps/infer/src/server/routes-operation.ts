import type { FastifyInstance } from 'fastify';
import type { ServerContext } from './create-server.ts';

/** Adds what those who run the server ask: health, capacity, counters. */
export function addOperationRoutes(app: FastifyInstance, { metrics, settings, isDraining }: ServerContext): void {
  app.get('/ping', {
    schema: {
      summary: 'Whether the server takes posts',
      response: { 200: { description: 'Ready; empty body.' }, 503: { description: 'Stopping; empty body.' } },
    },
  }, async (_request, reply) => reply.code(isDraining() ? 503 : 200).send());
  app.get('/execution-parameters', {
    schema: {
      summary: 'How a SageMaker batch transform should send its posts',
      response: { 200: { description: 'Names and values of a transform job.', type: 'object', additionalProperties: true } },
    },
  }, async () => {
    // A transform may hold 100 MB in all. Single posts, many at a time: the server puts them together itself.
    const megabytes = Math.min(100, Math.max(1, Math.floor(settings.bodyBytes / 2 ** 20)));
    const concurrent = Math.max(1, Math.min(2 * settings.batchSize, settings.openRequests, Math.floor(100 / megabytes)));
    return { MaxConcurrentTransforms: concurrent, BatchStrategy: 'SINGLE_RECORD', MaxPayloadInMB: megabytes };
  });
  app.get('/metrics', {
    schema: { summary: 'Counters in the format of Prometheus', response: { 200: { description: 'Text.', type: 'string' } } },
  }, async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()));
}
