import { describe, expect, it } from 'vitest';
import { checkBudget, measureBundle } from './bundle-size.mjs';

const entry = 'packages/metrics/src/index.ts';
const generous = { gzipBytes: 100_000, reason: 'a test' };

describe('the check of bundles', () => {
  it('measures exports together and alone', async () => {
    const [everything, one] = await checkBudget(entry, { whole: generous, alone: { fleissKappa: generous } });
    expect([everything?.fault, one?.fault]).toEqual([undefined, undefined]);
    expect(one?.gzipBytes).toBeLessThan((everything?.gzipBytes ?? 0) / 5);
  });

  it('fails what is larger than its budget, and budgets without a reason', async () => {
    const [tight] = await checkBudget(entry, { whole: { gzipBytes: 100, reason: 'a test' }, alone: {} });
    expect(tight?.fault).toMatch(/^\d+ bytes gzipped, 100 allowed/);
    const [silent] = await checkBudget(entry, { whole: { gzipBytes: 100_000, reason: '' }, alone: {} });
    expect(silent?.fault).toBe('the budget has no reason');
  });

  it('fails what needs Node', async () => {
    expect((await measureBundle("import 'node:fs';")).faults).toEqual(['<stdin>:1: Could not resolve "node:fs"']);
  });
});
