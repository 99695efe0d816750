import { z } from 'zod';

/** Whether JSON.parse keeps a number as it was sent: whole ones beyond 2^53 become others, which would be handed back. */
function isKept(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

/** One post of a request: the body of `application/json`, and each line of JSON Lines. */
export const postSchema = z.strictObject({
  text: z.string('a text').default('').describe("The post's text."),
  image_base64: z.string('a text').nullish()
    .describe('The picture in base64: JPEG, PNG, GIF, WebP, TIFF or AVIF. A data: URL is understood too.'),
  adapter: z.string('a text').optional().describe('Name of the adapter to ask, as GET /adapters lists them. Default: the first.'),
  id: z.union([z.string(), z.number().refine(isKept)], 'a text, or a number of at most 15 digits').optional().describe('Handed back with the answer.'),
}).describe('A text, a picture or both.');

/** What stands for a post in an answer. */
export const answerSchema = z.object({
  id: z.union([z.string(), z.number()]).optional().describe('That of the post, if it had one.'),
  labels: z.array(z.string()).describe("Labels in the label set's order."),
  scores: z.record(z.string(), z.number()).nullable()
    .describe('Probability of each label given the post; null when the adapter gives none.'),
  missing: z.number().optional()
    .describe('With many labels, what label arrays that were not looked at can have of all probability: how far off scores may be. Left out below a millionth.'),
  raw_generation: z.string().describe('The answer as generated.'),
  valid: z.boolean().describe('Whether that was a well-formed answer.'),
  adapter: z.string(),
  adapter_version: z.string().describe("From the SHA-256 of the adapter's weights."),
});

/** What went wrong. */
export const errorSchema = z.object({
  error: z.object({
    code: z.string().describe('Stable, such as MMHS_REQUEST_JSON.'),
    message: z.string().describe('All of it in one sentence.'),
    where: z.string().optional().describe('The line, field or picture.'),
    got: z.string().optional(),
    expected: z.string().optional(),
    fix: z.string().optional().describe('What the caller can do.'),
  }),
});
