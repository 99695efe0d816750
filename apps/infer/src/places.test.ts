import { expect, it } from 'vitest';
import { createPlaces } from './places.ts';

const signal = new AbortController().signal;

/** Asks for places and writes down in which order they were given. */
function asker(total: number) {
  const places = createPlaces(total);
  const given: string[] = [];
  const take = async (name: string, count: number, own = signal) => {
    const giveBack = await places.take({ count, signal: own });
    given.push(name);
    return giveBack;
  };
  return { places, given, take };
}

it('gives as many places as there are, first come, first served', async () => {
  const { places, given, take } = asker(3);
  const first = await take('first', 2);
  const large = take('large', 3);
  const small = take('small', 1);
  await Promise.resolve();
  expect(given).toEqual(['first']); // the small one does not overtake the large one, which would never get its turn
  expect(places.waiting).toBe(4);
  first();
  (await large)();
  (await small)();
  expect(given).toEqual(['first', 'large', 'small']);
  expect(places.waiting).toBe(0);
});

it('lets the next one in when somebody stops waiting', async () => {
  const { given, take } = asker(2);
  await take('first', 1);
  const controller = new AbortController();
  const left = take('left', 2, controller.signal);
  const next = take('next', 1);
  controller.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await next;
  expect(given).toEqual(['first', 'next']);
});

it('keeps nothing for those who left before', async () => {
  const { take } = asker(1);
  await expect(take('gone', 1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  await take('next', 1);
});
