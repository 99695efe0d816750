import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

/** Describes the routes that are added afterwards, at /openapi.json. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'mmhs infer', description: 'Labels posts - a picture and a text - with a fine-tuned vision-language model.', version: '0.0.0' },
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
