/** A map that forgets its least recently used entries beyond a size. */
export interface ByteCache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** Creates a least-recently-used cache limited in bytes; values larger than the limit are not kept. */
export function createByteCache<Value>(options: {
  readonly limit: number;
  readonly sizeOf: (value: Value) => number;
}): ByteCache<Value> {
  const { limit, sizeOf } = options;
  const entries = new Map<string, Value>();
  let size = 0;
  const remove = (key: string, value: Value): void => {
    entries.delete(key);
    size -= sizeOf(value);
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      const before = entries.get(key);
      if (before !== undefined) remove(key, before);
      if (sizeOf(value) > limit) return;
      entries.set(key, value);
      size += sizeOf(value);
      for (const [oldest, other] of entries) {
        if (size <= limit) break;
        remove(oldest, other);
      }
    },
  };
}
