import { MmhsError } from '@mmhs/core';
import { expect, it } from 'vitest';

import { countDifferences, createReporter, summarise } from './reporter.ts';

function collect() {
  const written: string[] = [];
  const reporter = createReporter({ write: (line) => written.push(line) });
  return { reporter, written, outcomes: () => reporter.lines.map(({ outcome }) => outcome) };
}

it('calls an error above its tolerance, or one that is no number, NOT OK', () => {
  const { reporter, outcomes, written } = collect();
  reporter.measure('at', { error: 1, tolerance: 1 });
  reporter.measure('above', { error: 1.01, tolerance: 1 });
  reporter.measure('broken', { error: NaN, tolerance: 1 });
  expect(outcomes()).toEqual(['ok', 'NOT OK', 'NOT OK']);
  expect(written[1]).toMatch(/^above +1\.0e\+0 +1 +NOT OK$/);
});

it('counts entries that differ, missing ones included', () => {
  expect(countDifferences(Int32Array.of(1, 2, 3), [1, 5])).toBe(2);
  expect(countDifferences([[1], [2, 3]], [[1], [2, 3]])).toBe(0);
  expect(countDifferences('a', ['a'])).toBe(1);
  expect(countDifferences(undefined, [])).toBe(1);
});

it('is satisfied with a refusal of the right kind only', async () => {
  const { reporter, outcomes } = collect();
  const refuse = (): never => {
    throw new MmhsError('MMHS_A', 'no');
  };
  await reporter.refused('right', refuse, 'MMHS_A');
  await reporter.refused('other code', refuse, 'MMHS_B');
  await reporter.refused('accepted', () => 1);
  await reporter.refused('another error', () => Promise.reject(new Error('no')));
  expect(outcomes()).toEqual(['ok', 'NOT OK', 'NOT OK', 'NOT OK']);
});

it('turns an exception into a failed check and goes on', async () => {
  const { reporter, written } = collect();
  await reporter.group('broken', () => Promise.reject(new Error('why')));
  expect(written).toEqual([expect.stringMatching(/^broken .*NOT OK {2}\(threw why\)$/)]);
});

it('passes when something was checked and nothing failed', () => {
  const { reporter } = collect();
  expect(summarise(reporter.lines).passed).toBe(false);
  reporter.skip('absent', 'not there');
  expect(summarise(reporter.lines)).toEqual({ passed: false, text: expect.stringContaining('nothing was checked') as unknown });
  reporter.exact('right', 1, 1);
  expect(summarise(reporter.lines)).toEqual({ passed: true, text: '1 ok, 0 NOT OK, 1 skipped' });
  reporter.exact('wrong', 1, 2);
  expect(summarise(reporter.lines).passed).toBe(false);
});
