/** An adapter as GET /adapters lists it. */
export interface Adapter {
  readonly name: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly rule: string;
  /** null for a label that never counts. */
  readonly thresholds: Readonly<Record<string, number | null>> | null;
}

/** An answer of POST /invocations. */
export interface Answer {
  readonly labels: readonly string[];
  /** null for a score that is not a number. */
  readonly scores: Readonly<Record<string, number | null>> | null;
  /** How far off scores may be, where they are estimates. */
  readonly missing?: number;
  readonly raw_generation: string;
  readonly valid: boolean;
}

/** An answer of POST /prompt. */
export interface Prompt {
  readonly text: string;
  readonly tokens: number;
  readonly sharedTokens: number;
  readonly imageTokens: number;
  readonly truncatedTextTokens: number;
}

/** A post as the server takes it. */
export interface Post {
  readonly text: string;
  readonly image_base64?: string;
  readonly adapter?: string;
}

/** An answer that tells an error; its message is meant for people. */
export class ServerError extends Error {}

export async function fetchAdapters(): Promise<readonly Adapter[]> {
  const { adapters } = await ask<{ adapters: readonly Adapter[] }>('/adapters');
  return adapters;
}

export function fetchAnswer(post: Post, signal: AbortSignal): Promise<Answer> {
  return ask('/invocations', post, signal);
}

export function fetchPrompt(post: Post, signal: AbortSignal): Promise<Prompt> {
  return ask('/prompt', post, signal);
}

async function ask<Result>(path: string, post?: Post, signal?: AbortSignal): Promise<Result> {
  const sent = post === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(post) };
  const response = await fetch(path, { ...sent, ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ServerError('The server does not answer. Is it still running?');
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as Result;
  throw new ServerError(describe(body) ?? `The server answered with status ${response.status}.`);
}

/** What the server says, without the field of the request it says it about: people see a form. */
function describe(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: string; readonly where?: string } };
  const place = `${error?.where}: `;
  return error?.message?.startsWith(place) ? error.message.slice(place.length) : error?.message;
}
