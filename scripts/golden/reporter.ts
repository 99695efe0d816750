import { MmhsError } from '@mmhs/core';

/** How a check came out. */
export type Outcome = 'ok' | 'NOT OK' | 'skipped';

/** One line of the report. */
export interface CheckLine {
  readonly name: string;
  readonly outcome: Outcome;
  /** Measured error; undefined for skipped checks and for those that ended with an exception. */
  readonly error: number | undefined;
  readonly tolerance: number | undefined;
  /** What else a reader should know: the worst tensor, the reason. */
  readonly note: string | undefined;
}

/** Collects the outcomes of checks and writes a line for each. */
export interface Reporter {
  readonly lines: readonly CheckLine[];
  /** Compares a measured error with its tolerance; an error that is not a number is not ok. */
  measure(name: string, check: { readonly error: number; readonly tolerance: number; readonly note?: string | undefined }): void;
  /** Reports two values that must be equal in every entry; the error is the number of entries that differ. */
  exact(name: string, actual: unknown, expected: unknown): void;
  /** Expects an MmhsError, which means that something is refused; `code` narrows it down. */
  refused(name: string, act: () => unknown, code?: string): Promise<void>;
  skip(name: string, reason: string): void;
  /** Runs a group of checks; an exception is a failed check of that name and ends the group only. */
  group(name: string, run: () => Promise<void>): Promise<void>;
}

/** The report's last line and whether all is well; a report of nothing but skipped checks is not. */
export function summarise(lines: readonly CheckLine[]): { readonly text: string; readonly passed: boolean } {
  const count = (wanted: Outcome): number => lines.filter(({ outcome }) => outcome === wanted).length;
  const [right, wrong] = [count('ok'), count('NOT OK')];
  const nothing = right + wrong === 0 ? ': nothing was checked, which counts as a failure' : '';
  return { text: `${right} ok, ${wrong} NOT OK, ${count('skipped')} skipped${nothing}`, passed: right > 0 && wrong === 0 };
}

/** Creates a reporter that hands each line to `write`. */
export function createReporter(options: { readonly write: (line: string) => void }): Reporter {
  const lines: CheckLine[] = [];
  const add = (line: CheckLine): void => {
    lines.push(line);
    options.write(formatLine(line));
  };
  const measure: Reporter['measure'] = (name, { error, tolerance, note }) =>
    add({ name, error, tolerance, note, outcome: error <= tolerance ? 'ok' : 'NOT OK' });
  return {
    lines,
    measure,
    exact(name, actual, expected) {
      const differences = countDifferences(actual, expected);
      const note = differences === 0 ? undefined : `got ${shorten(actual)}, expected ${shorten(expected)}`;
      measure(name, { error: differences, tolerance: 0, note });
    },
    async refused(name, act, code) {
      try {
        await act();
        add({ name, outcome: 'NOT OK', error: 1, tolerance: 0, note: 'accepted, expected an error' });
      } catch (error) {
        const expected = MmhsError.isInstance(error) && (code === undefined || error.code === code);
        const got = MmhsError.isInstance(error) ? error.code : String(error);
        add({ name, outcome: expected ? 'ok' : 'NOT OK', error: expected ? 0 : 1, tolerance: 0, note: `refused: ${got}` });
      }
    },
    skip: (name, reason) => add({ name, outcome: 'skipped', error: undefined, tolerance: undefined, note: reason }),
    async group(name, run) {
      try {
        await run();
      } catch (error) {
        const note = error instanceof Error ? `threw ${error.message}` : `threw ${String(error)}`;
        add({ name, outcome: 'NOT OK', error: undefined, tolerance: undefined, note });
      }
    },
  };
}

/** Number of entries in which two values differ, arrays entry by entry, everything else as a whole. */
export function countDifferences(actual: unknown, expected: unknown): number {
  const [left, right] = [asArray(actual), asArray(expected)];
  if (left === undefined || right === undefined) return Object.is(actual, expected) ? 0 : 1;
  let differences = Math.abs(left.length - right.length);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    differences += countDifferences(left[index], right[index]);
  }
  return differences;
}

function asArray(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && 'length' in value ? (value as unknown as ArrayLike<unknown>) : undefined;
}

function shorten(value: unknown): string {
  const array = asArray(value);
  const text = JSON.stringify(array === undefined ? value : Array.from(array, (entry) => (typeof entry === 'bigint' ? Number(entry) : entry)));
  return text === undefined ? String(value) : text.length > 160 ? `${text.slice(0, 160)}...` : text;
}

function formatLine({ name, outcome, error, tolerance, note }: CheckLine): string {
  const columns = [
    name.padEnd(72),
    (error === undefined ? '-' : formatNumber(error)).padStart(9),
    (tolerance === undefined ? '-' : formatNumber(tolerance)).padStart(9),
    ` ${outcome}`,
  ];
  return `${columns.join(' ')}${note === undefined ? '' : `  (${note})`}`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toExponential(1);
}
