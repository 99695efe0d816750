/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 */

/**
 * Counts vitest's JSON report. A file that fails before its first test (an import that throws) counts as one failure, and so
 * does a run that vitest calls unsuccessful although no test failed (an error outside of any test).
 *
 * @param {{
 *   success: boolean,
 *   testResults: readonly { status: string, assertionResults: readonly { status: string }[] }[],
 * }} report
 * @returns {Tally & { skipped: number }}
 */
export function tallyReport(report) {
  const statuses = report.testResults.flatMap((file) => file.assertionResults.map((test) => test.status));
  /** @param {string} status */
  const count = (status) => statuses.filter((other) => other === status).length;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = count('failed') + brokenFiles;
  return {
    passed: count('passed'),
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: statuses.length - count('passed') - count('failed'),
  };
}

/** @param {Tally} tally @returns {string} the line every run ends with */
export function formatTally({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

/** @param {string} line @returns {Tally | undefined} */
export function parseTally(line) {
  const match = /^(\d+) passed, (\d+) failed$/.exec(line.trim());
  return match === null ? undefined : { passed: Number(match[1]), failed: Number(match[2]) };
}

/**
 * @param {Tally} tally
 * @returns {number} exit code: success needs a test that passed and none that failed
 */
export function exitCodeOf({ passed, failed }) {
  return failed > 0 || passed === 0 ? 1 : 0;
}
