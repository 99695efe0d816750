/** A dense row-major array of doubles; integers and booleans are doubles too. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** An array of a shape and its elements in row-major order. */
export function array64(shape: readonly number[], elements: ArrayLike<number>): Array64 {
  if (sizeOf(shape) !== elements.length) {
    throw new RangeError(`[${shape.join(', ')}] does not hold ${elements.length} elements`);
  }
  return { shape, data: elements instanceof Float64Array ? elements : Float64Array.from(elements) };
}

/** A vector, or with `shape` the same elements in that shape. */
export function numbers(elements: readonly number[], shape: readonly number[] = [elements.length]): Array64 {
  return array64(shape, elements);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Strides that read an array of `shape` as if it were broadcast to `to`. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const lead = to.length - shape.length;
  const strides = stridesOf(shape);
  return to.map((size, axis) => {
    const own = shape[axis - lead];
    if (own === undefined || (own === 1 && size !== 1)) return 0;
    if (own !== size) throw new RangeError(`[${shape.join(', ')}] cannot be broadcast to [${to.join(', ')}]`);
    return strides[axis - lead]!;
  });
}

/** The shape that shapes broadcast to, by numpy's rules. */
export function broadcastTo(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** For each index of `shape`, in row-major order: offset plus the sum of index times stride. */
export function places(shape: readonly number[], strides: readonly number[], offset = 0): Float64Array {
  let found = Float64Array.of(offset);
  shape.forEach((size, axis) => {
    const finer = new Float64Array(found.length * size);
    for (let at = 0; at < finer.length; at++) finer[at] = found[Math.floor(at / size)]! + (at % size) * strides[axis]!;
    found = finer;
  });
  return found;
}

/** Elements of `x` at `at`, as an array of `shape`. */
export function pick(x: Array64, at: Float64Array, shape: readonly number[]): Array64 {
  return array64(shape, at.map((place) => x.data[place]!));
}

/** A function of one element applied to all. */
export function mapElements(x: Array64, element: (value: number) => number): Array64 {
  return array64(x.shape, x.data.map(element));
}
