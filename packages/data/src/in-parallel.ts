/**
 * Works on items a few at a time, in order of their beginnings. After a failure no new one is begun, those begun are waited
 * for, and the first failure is thrown.
 *
 * @internal
 */
export async function inParallel<Item>(
  items: Iterable<Item>,
  options: { readonly concurrency: number; readonly signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && failures.length === 0; next = queue.next()) {
      try {
        options.signal?.throwIfAborted();
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  if (failures.length > 0) throw failures[0];
}
