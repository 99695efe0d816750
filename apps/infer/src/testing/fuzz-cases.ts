import { createRandom, type Random } from '@mmhs/core';
import { greyPng } from './pictures.ts';

/** A request to try on a server. */
export interface FuzzCase {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer<ArrayBuffer>;
}

const picture = greyPng(32, 32);
const good = Buffer.from(JSON.stringify({ id: 1, text: 'some text "quoted" \u00e9', image_base64: picture.toString('base64') }));

/** Endless requests: good ones, changed in a few bytes or many, under all sorts of content types. The same for the same seed. */
export function* fuzzCases(seed: number): Generator<FuzzCase, never> {
  const random = createRandom([seed, 'fuzz']);
  const pick = <Value>(values: readonly Value[]): Value => values[random.integer(values.length)] as Value;
  const bodies: readonly (() => Buffer)[] = [
    () => mutate(good, random, 1 + random.integer(4)),
    () => mutate(good, random, 50),
    () => Buffer.concat(Array.from({ length: 1 + random.integer(5) }, () => Buffer.concat([mutate(good, random, random.integer(2)), Buffer.from('\n')]))),
    () => Buffer.from(JSON.stringify({ image_base64: mutate(picture, random, 1 + random.integer(8)).toString('base64') })),
    () => Buffer.from(JSON.stringify(randomJson(random, 4))),
    () => Buffer.from(Array.from({ length: random.integer(300) }, () => random.integer(256))),
    () => good,
  ];
  const types = ['application/json', 'application/json', 'application/jsonlines', 'application/x-ndjson', 'text/plain', 'application/json; charset=utf-16', ''];
  while (true) {
    const type = pick(types);
    yield {
      path: pick([...Array.from({ length: 12 }, () => '/invocations'), '/prompt', '/prompt', '/', '/ping', '/adapters', '/%00', '/invocations?x=%ff']),
      method: pick(['POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS']),
      headers: { ...(type === '' ? {} : { 'content-type': type }), ...(random.integer(10) === 0 ? { accept: pick(['', 'text/html', '*/*;q=x', ',,,']) } : {}) },
      body: Buffer.from(pick(bodies)()),
    };
  }
}

/** Changes, inserts, removes or repeats bytes, or cuts the end off. */
function mutate(bytes: Buffer, random: Random, times: number): Buffer {
  let changed = Buffer.from(bytes);
  for (let time = 0; time < times && changed.length > 0; time++) {
    const at = random.integer(changed.length);
    const [before, after] = [changed.subarray(0, at), changed.subarray(at)];
    const kinds: readonly (() => Buffer)[] = [
      () => Buffer.concat([before, Buffer.from([random.integer(256)]), after.subarray(1)]),
      () => Buffer.concat([before, Buffer.from([random.integer(256)]), after]),
      () => Buffer.concat([before, after.subarray(1 + random.integer(8))]),
      () => Buffer.concat([before, after.subarray(0, 40), after]),
      () => before,
    ];
    changed = Buffer.from((kinds[random.integer(kinds.length)] as () => Buffer)());
  }
  return changed;
}

function randomJson(random: Random, depth: number): unknown {
  const text = (): string => String.fromCharCode(...Array.from({ length: random.integer(6) }, () => random.integer(0x10000)));
  const kinds: readonly (() => unknown)[] = [
    () => null, () => random.integer(2) === 0, () => random.normal() * 1e6, text,
    () => Array.from({ length: depth === 0 ? 0 : random.integer(4) }, () => randomJson(random, depth - 1)),
    () => Object.fromEntries(Array.from({ length: depth === 0 ? 0 : random.integer(4) }, () => [
      ['text', 'image_base64', 'adapter', 'id', '__proto__', text()][random.integer(6)] as string, randomJson(random, depth - 1),
    ])),
  ];
  return (kinds[random.integer(kinds.length)] as () => unknown)();
}

/** What is wrong with an answer to a fuzz case; undefined when it is in order. */
export function findFault({ status, body }: { readonly status: number; readonly body: string }): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 500 && status !== 503) return `status ${status}`;
  try {
    const { error } = JSON.parse(body) as { error: { code: unknown; message: unknown } };
    return typeof error.code === 'string' && typeof error.message === 'string' ? undefined : 'an error without code or message';
  } catch {
    return `an error that is not JSON: ${body.slice(0, 100)}`;
  }
}
