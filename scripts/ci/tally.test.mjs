import { describe, expect, it } from 'vitest';
import { exitCodeOf, formatTally, parseTally, tallyReport } from './tally.mjs';

/** @param {string} status @param {string[]} tests */
const file = (status, ...tests) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });

describe('the tally of a test run', () => {
  it('counts tests, not files', () => {
    const report = { success: false, testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')] };
    expect(tallyReport(report)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('counts a file that breaks before its first test as a failure', () => {
    const report = { success: false, testResults: [file('failed'), file('passed', 'passed')] };
    expect(tallyReport(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts an error outside of all tests as a failure', () => {
    const report = { success: false, testResults: [file('passed', 'passed')] };
    expect(tallyReport(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts tests that were left out as neither', () => {
    const report = { success: true, testResults: [file('passed', 'passed', 'skipped', 'todo')] };
    expect(tallyReport(report)).toEqual({ passed: 1, failed: 0, skipped: 2 });
  });

  it('fails when something failed and when nothing ran', () => {
    expect(exitCodeOf({ passed: 5, failed: 0 })).toBe(0);
    expect(exitCodeOf({ passed: 5, failed: 1 })).toBe(1);
    expect(exitCodeOf({ passed: 0, failed: 0 })).toBe(1);
  });

  it('reads back the line it writes', () => {
    expect(parseTally(formatTally({ passed: 12, failed: 3 }))).toEqual({ passed: 12, failed: 3 });
    expect(parseTally('Tests 12 passed (12)')).toBeUndefined();
  });
});
