import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLabelsLikeOriginal } from './index.ts';

interface OriginalCase {
  readonly text: string;
  /** `str(item)` of each item, or null where the original finds no list. */
  readonly items: string[] | null;
}

const fixture = readFileSync(new URL('__fixtures__/original-rule.json', import.meta.url), 'utf8');
const { cases } = JSON.parse(fixture) as { cases: OriginalCase[] };
const labels = ['racist', 'sexist'];

describe('parseLabelsLikeOriginal', () => {
  it.each(cases)("reads $text as Python's rule does", ({ text, items }) => {
    const result = parseLabelsLikeOriginal(text, labels);
    expect(result.ok).toBe(items !== null);
    expect(result.labels).toEqual(labels.filter((label) => items?.includes(label)));
    expect(result.unknown).toEqual([...new Set(items?.filter((item) => !labels.includes(item)))]);
  });

  it("finds nothing after the [] of the instructions, the original's defect", () => {
    expect(parseLabelsLikeOriginal('Return [] if none apply.\n["racist"]', labels).labels).toEqual([]);
  });

  it('reads millions of escapes without running out of stack', () => {
    const escapes = '\\"'.repeat(1_000_000);
    expect(parseLabelsLikeOriginal(`["${escapes}"]`, labels).unknown).toEqual(['"'.repeat(1_000_000)]);
    expect(parseLabelsLikeOriginal(`["${escapes}]`, labels)).toMatchObject({ ok: false, reason: 'not-json' });
  });

  it("refuses whole numbers of more digits than Python's int takes", () => {
    expect(parseLabelsLikeOriginal(`[-${'1'.repeat(4300)}]`, labels).ok).toBe(true);
    expect(parseLabelsLikeOriginal(`[${'1'.repeat(4301)}]`, labels).ok).toBe(false);
  });
});
