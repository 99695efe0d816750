/** A point of a curve. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Leaves out points of a curve that are closer than `distance` to the last one kept, in both directions; the ends stay.
 *
 * A curve of many thousand posts becomes a few hundred points, and looks the same.
 */
export function thinPoints(points: readonly CurvePoint[], distance = 0.005): CurvePoint[] {
  const kept: CurvePoint[] = [];
  for (const [index, point] of points.entries()) {
    const last = kept.at(-1);
    const isFar = last === undefined || Math.abs(point.x - last.x) >= distance || Math.abs(point.y - last.y) >= distance;
    if (isFar || index === points.length - 1) kept.push(point);
  }
  return kept;
}
