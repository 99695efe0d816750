import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { historyChart } from './history-chart.ts';

it('writes out the ticks of small values, such as learning rates', () => {
  const points = Array.from({ length: 9 }, (_, step) => ({ step, value: step * 1e-5 }));
  const { document } = parseHTML(historyChart({ title: 'Learning rate', series: [{ name: 'rate', points }] }).markup);
  const ticks = [...document.querySelectorAll('[aria-label="y-axis tick label"] text')].map(({ textContent }) => Number(textContent));
  expect(ticks).toEqual([0, 2e-5, 4e-5, 6e-5, 8e-5]);
});
