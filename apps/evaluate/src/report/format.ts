import type { Interval } from '@mmhs/metrics';

/** A number with three decimals; a dash where there is none. */
export function formatNumber(value: number | undefined, digits = 3): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits).replace('-', '−');
}

/** `0.512 to 0.634`. */
export function formatRange({ low, high }: Pick<Interval, 'low' | 'high'>): string {
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}

/** `0.953 (0.924 to 0.977)`; a dash where there is none. */
export function formatInterval(interval: Interval): string {
  return Number.isNaN(interval.value) ? formatNumber(undefined) : `${formatNumber(interval.value)} (${formatRange(interval)})`;
}

/** A p-value with three decimals, as far as resamples can tell. */
export function formatPValue(value: number): string {
  return value < 0.001 ? 'below 0.001' : value.toFixed(3);
}

/** Labels as a person reads them. */
export function formatLabels(labels: readonly string[]): string {
  return labels.length === 0 ? 'none' : labels.join(', ');
}
