import { MmhsError } from '@mmhs/core';
import type { z } from 'zod';
import type { Post } from '../labelling/post.ts';
import { countValues } from './count-values.ts';
import { postSchema } from './post-schema.ts';
import { readBase64 } from './read-base64.ts';
import { parseJson } from './parse-json.ts';

type PostFields = z.infer<typeof postSchema>;

/** A post of a request with the adapter it is for, or what is wrong with it. `id` is the caller's, if there was one. */
export type RequestedPost =
  | { readonly id: string | number | undefined; readonly post: Post; readonly adapter: string }
  | { readonly id: string | number | undefined; readonly error: MmhsError };

/** Options of {@link readPost}. */
export interface ReadPostOptions {
  readonly limits: {
    /** Most lines of a request. */
    readonly lines: number;
    /** Longest text of a post in UTF-16 units. */
    readonly textLength: number;
  };
  /** Names of the adapters there are; the first is used when a post names none. */
  readonly adapters: readonly string[];
}

/** Reads one post, its picture still as the bytes it came as; what is wrong with it is returned, not thrown. */
export function readPost(bytes: Uint8Array, where: string, options: ReadPostOptions): RequestedPost {
  let id: string | number | undefined;
  try {
    checkCount(bytes, where);
    const fields = checkFields(parseJson(bytes, where), where);
    id = fields.id;
    return { id, ...checkPost(fields, where, options) };
  } catch (error) {
    if (MmhsError.isInstance(error)) return { id, error };
    throw error;
  }
}

function checkPost(fields: PostFields, where: string, options: ReadPostOptions): { post: Post; adapter: string } {
  const adapter = checkAdapter(fields.adapter ?? options.adapters[0] ?? '', where, options.adapters);
  const text = checkText(fields.text, where, options.limits.textLength);
  const image = fields.image_base64 ? { bytes: readBase64(fields.image_base64, `${where}, image_base64`) } : undefined;
  if (text.trim() !== '' || image !== undefined) return { post: { text, image, source: where }, adapter };
  throw new MmhsError('MMHS_REQUEST_EMPTY', 'The post has neither text nor picture', {
    where, got: 'an empty text and no picture', expected: 'a text, a picture or both',
  });
}

function checkFields(value: unknown, where: string): PostFields {
  const checked = postSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw wrongField(where, `the unknown field ${JSON.stringify(issue.keys[0]?.slice(0, 80))}`, Object.keys(postSchema.shape).join(', '));
  }
  const field = String(issue?.path[0] ?? '');
  if (field === '') throw wrongField(where, describeType(value), 'an object such as {"text": "...", "image_base64": "..."}');
  throw wrongField(`${where}, ${field}`, describeType((value as Record<string, unknown>)[field]), issue?.message ?? '');
}

/** A post has four fields. Up to here the wrong one is named; parsing a million of them would keep everybody waiting. */
const mostValues = 100;

function checkCount(bytes: Uint8Array, where: string): void {
  const values = countValues(bytes);
  if (values > mostValues) throw wrongField(where, `${values} values`, Object.keys(postSchema.shape).join(', '));
}

function wrongField(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_REQUEST_FIELD', 'The post is not as it should be', { where, got, expected });
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function checkAdapter(name: string, where: string, adapters: readonly string[]): string {
  if (adapters.includes(name)) return name;
  throw new MmhsError('MMHS_REQUEST_ADAPTER', 'There is no such adapter', {
    where: `${where}, adapter`,
    got: JSON.stringify(name.slice(0, 80)),
    expected: adapters.map((known) => JSON.stringify(known)).join(' or '),
  });
}

/** Half a surrogate pair, left when a text was cut inside an emoji, becomes the replacement character. */
function checkText(text: string, where: string, limit: number): string {
  if (text.length <= limit) return Buffer.from(text).toString();
  throw new MmhsError('MMHS_REQUEST_TOO_LARGE', 'The text is too long', {
    where: `${where}, text`, got: `${text.length} characters`, expected: `at most ${limit}`,
  });
}
