import { readFileSync } from 'node:fs';

/** Resident memory of this process now and at its highest. */
export function describeMemory(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const gib = (field: string): string => (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 2 ** 20).toFixed(1);
  return `resident ${gib('VmRSS')} GiB, at most ${gib('VmHWM')}`;
}
