/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** No side is ever made longer than this. */
const longestSide = 4096;

/**
 * Size whose longer side is `longestEdge`, the shorter one even; shrunk further where a side exceeds 4096.
 *
 * Follows the reference's arithmetic step by step (a ratio in double precision, then truncation), because another order
 * of operations truncates to another number of pixels.
 */
export function longestEdgeSize({ width, height }: Size, longestEdge: number): Size {
  const ratio = width / height;
  const scaled =
    width >= height
      ? { width: longestEdge, height: toEven(Math.trunc(longestEdge / ratio)) }
      : { width: toEven(Math.trunc(longestEdge * ratio)), height: longestEdge };
  return capSize({ width: Math.max(scaled.width, 1), height: Math.max(scaled.height, 1) });
}

/** Smallest multiple of the tile size that covers the longer side, and the same for the shorter one in proportion. */
export function tiledSize({ width, height }: Size, tileSize: number): Size {
  const ratio = width / height;
  if (width >= height) {
    const wide = roundUp(width, tileSize);
    return { width: wide, height: roundUp(Math.trunc(wide / ratio), tileSize) };
  }
  const high = roundUp(height, tileSize);
  return { width: roundUp(Math.trunc(high * ratio), tileSize), height: high };
}

function capSize({ width, height }: Size): Size {
  const ratio = width / height;
  if (width >= height && width > longestSide) {
    return { width: longestSide, height: Math.max(Math.trunc(longestSide / ratio), 1) };
  }
  if (height > width && height > longestSide) {
    return { width: Math.max(Math.trunc(longestSide * ratio), 1), height: longestSide };
  }
  return { width, height };
}

function toEven(side: number): number {
  return side % 2 === 0 ? side : side + 1;
}

function roundUp(side: number, step: number): number {
  return Math.ceil(side / step) * step;
}
