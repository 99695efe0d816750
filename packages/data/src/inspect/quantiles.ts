/** How numbers are spread. */
export interface Spread {
  readonly min: number;
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  readonly mean: number;
}

/** Describes numbers by order statistics (the value at or below which that share lies); undefined for none. @internal */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { min: at(0), p5: at(0.05), median: at(0.5), p95: at(0.95), max: at(1), mean: Number(mean.toFixed(2)) };
}
