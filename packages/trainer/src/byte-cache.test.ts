import { describe, expect, it } from 'vitest';
import { createByteCache } from './byte-cache.ts';

const make = (limit: number) => createByteCache<string>({ limit, sizeOf: (text) => text.length });

describe('createByteCache', () => {
  it('forgets what was not used for longest when it is full', () => {
    const cache = make(10);
    cache.set('a', 'xxxx');
    cache.set('b', 'xxxx');
    cache.get('a');
    cache.set('c', 'xx');
    cache.set('d', 'x');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['xxxx', undefined, 'xx', 'x']);
  });

  it('does not keep, nor make room for, what can never fit', () => {
    const cache = make(3);
    cache.set('a', 'xxx');
    cache.set('b', 'xxxx');
    expect([cache.get('a'), cache.get('b')]).toEqual(['xxx', undefined]);
  });

  it('counts a replaced value once', () => {
    const cache = make(4);
    for (let round = 0; round < 5; round += 1) cache.set('a', 'xx');
    cache.set('b', 'yy');
    expect([cache.get('a'), cache.get('b')]).toEqual(['xx', 'yy']);
  });
});
