import { describe, expect, it } from 'vitest';
import { axisName, marginFor } from './axis-names.ts';

describe('names on an axis', () => {
  it('stay whole up to 28 characters, and lose their end beyond', () => {
    expect(axisName('😀'.repeat(28))).toBe('😀'.repeat(28));
    expect(axisName(`${'a'.repeat(26)} ${'b'.repeat(9)}`)).toBe(`${'a'.repeat(26)}…`);
  });

  it('get no more room than the longest that is shown', () => {
    expect(marginFor(['a', 'b'.repeat(100)])).toBe(marginFor(['b'.repeat(28)]));
    expect(marginFor(['abc'])).toBeGreaterThan(marginFor(['ab']));
  });
});
