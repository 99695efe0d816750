import type { FastifyInstance } from 'fastify';
import { loadPage } from './load-page.ts';

/** The page may load its own files and nothing else: neither scripts from elsewhere nor inside the document. */
const contentSecurityPolicy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

/** Adds the page at / and its files. */
export async function addPageRoutes(app: FastifyInstance): Promise<void> {
  for (const { path, type, body } of await loadPage()) {
    app.get(path, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(type)
        .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' })
        .send(body));
  }
}
