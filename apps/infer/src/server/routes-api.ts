import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerSchema, errorSchema, postSchema } from '../request/post-schema.ts';
import type { RequestedPost } from '../request/read-post.ts';
import { answerPosts, type PostResult } from './answer-posts.ts';
import { answerType, bodyFormat, jsonType, lineTypes } from './content-types.ts';
import type { ServerContext } from './create-server.ts';
import { errorBody } from './error-reply.ts';
import { requestSignal } from './request-signal.ts';

const toSchema = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
};
const [post, answer, error] = [postSchema, answerSchema, errorSchema].map(toSchema);
const failures = { '4xx': { description: 'What is wrong with the request.', content: { [jsonType]: { schema: error } } } };

/** Adds labelling, and what the page needs besides it. */
export function addApiRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post('/invocations', { schema: invocationsSchema }, async (request, reply) => {
    const format = bodyFormat(request);
    const type = answerType(request, format);
    const signal = requestSignal(request, reply, context);
    const requested = await readBody(request, format, context, signal);
    const results = await answerPosts({ ...context, requested, batchSize: context.settings.batchSize, signal });
    count(results, context);
    if (format === 'lines') return reply.type(type).send(toLines(results));
    const [result] = results;
    if (result === undefined || 'error' in result) throw result?.error;
    return reply.type(type).send(type === jsonType ? result.body : toLines(results));
  });
  app.post('/prompt', { schema: promptSchema }, async (request, reply) => {
    const signal = requestSignal(request, reply, context);
    const [requested] = await readBody(request, 'json', context, signal);
    if (requested === undefined || 'error' in requested) throw requested?.error;
    const giveBack = await context.places.take({ count: 1, signal });
    try {
      const [prepared] = await context.service.prepare({ posts: [requested.post], signal });
      if (prepared === undefined || 'error' in prepared) throw prepared?.error;
      return await context.service.prompt({ adapter: requested.adapter, post: prepared.post, signal });
    } finally {
      giveBack();
    }
  });
  app.get('/adapters', { schema: adaptersSchema }, async () => ({ adapters: context.service.adapters }));
}

function readBody(request: FastifyRequest, format: 'json' | 'lines', context: ServerContext, signal: AbortSignal): Promise<RequestedPost[]> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  return context.service.read({ body, format, signal });
}

function count(results: readonly PostResult[], { metrics }: ServerContext): void {
  for (const result of results) {
    if ('error' in result) metrics.refused({ code: result.error.code });
    else metrics.labelled(result.body);
  }
}

/** One line a post; an unusable post's error in its place, so that the other lines keep theirs. */
function toLines(results: readonly PostResult[]): string {
  return results
    .map((result) => {
      const body = 'error' in result ? { ...(result.id === undefined ? {} : { id: result.id }), ...errorBody(result.error) } : result.body;
      return `${JSON.stringify(body)}\n`;
    })
    .join('');
}

const invocationsSchema = {
  summary: 'Label posts',
  description:
    'One post as JSON, or one a line as JSON Lines; then the answer has as many lines in the same order, and an unusable post has an error in its place.',
  body: { content: { [jsonType]: { schema: post }, [lineTypes[0] as string]: { schema: post } } },
  response: {
    200: { description: 'Labels.', content: { [jsonType]: { schema: answer }, [lineTypes[0] as string]: { schema: { oneOf: [answer, error] } } } },
    ...failures,
    503: { description: 'Stopping, or the answer took too long; Retry-After says when to come again.', content: { [jsonType]: { schema: error } } },
  },
};

const described = z.object({
  text: z.string().describe('The prompt with its special tokens and one token for each row of image features.'),
  tokens: z.int(),
  sharedTokens: z.int().describe('Leading tokens that every post shares.'),
  imageTokens: z.int(),
  truncatedTextTokens: z.int().describe('Text tokens cut from the middle of a post that was too long.'),
});

const promptSchema = {
  summary: 'What the model is asked about a post',
  body: { content: { [jsonType]: { schema: post } } },
  response: { 200: { description: 'The prompt.', content: { [jsonType]: { schema: toSchema(described) } } }, ...failures },
};

const adapterSchema = z.object({
  name: z.string(),
  version: z.string(),
  labels: z.array(z.string()),
  rule: z.string().describe('How labels follow from what the model says.'),
  thresholds: z.record(z.string(), z.number().nullable()).nullable().describe('Probability from which on a label counts; null for never.'),
});

const adaptersSchema = {
  summary: 'The adapters there are, the one used by default first',
  response: {
    200: { description: 'Adapters.', content: { [jsonType]: { schema: toSchema(z.object({ adapters: z.array(adapterSchema) })) } } },
  },
};
