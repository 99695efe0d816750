import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMetricsLog, readMetricsLog, type MetricsRow } from './metrics-log.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-metrics-'));
  path = join(folder, 'run', 'metrics.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const row = (step: number) => ({ step, loss: step / 3 });

async function writeSteps(steps: readonly number[], rows: readonly MetricsRow[] = []): Promise<void> {
  const log = await openMetricsLog({ path, rows });
  for (const step of steps) await log.append(row(step));
  await log.close();
}

const steps = async () => (await readMetricsLog({ path })).map(({ step }) => step);

describe('openMetricsLog', () => {
  it('writes one JSON object per line', async () => {
    await writeSteps([1, 2]);
    expect(await readFile(path, 'utf8')).toBe(`{"step":1,"loss":${1 / 3}}\n{"step":2,"loss":${2 / 3}}\n`);
  });

  it('begins with the given rows, whatever an interrupted run wrote after them', async () => {
    await writeSteps([5, 10, 15]);
    await appendFile(path, '{"step":20,"lo');
    await writeSteps([11, 12], [row(5), row(10)]);
    expect(await steps()).toEqual([5, 10, 11, 12]);
  });

  it('gives the same bytes for an interrupted and an uninterrupted run', async () => {
    await writeSteps([1, 2, 3, 4]);
    const whole = await readFile(path, 'utf8');
    await writeSteps([1, 2, 3]);
    await writeSteps([3, 4], [row(1), row(2)]);
    expect(await readFile(path, 'utf8')).toBe(whole);
  });

  it('starts afresh without rows', async () => {
    await writeSteps([1, 2]);
    await writeSteps([1]);
    expect(await steps()).toEqual([1]);
  });
});

describe('readMetricsLog', () => {
  it('leaves out a row that was cut short', async () => {
    await writeSteps([1]);
    await appendFile(path, '{"step":2,"lo');
    expect(await steps()).toEqual([1]);
  });

  it('reads an absent file as an empty log', async () => {
    expect(await readMetricsLog({ path })).toEqual([]);
  });

  it.each(['not json', '[]', '{"loss": 1}'])('names the line that is not readable: %s', async (line) => {
    await writeSteps([1]);
    await writeFile(path, `{"step":1}\n${line}\n{"step":2}\n`);
    await expect(readMetricsLog({ path })).rejects.toThrow(/metrics\.jsonl:2/);
  });
});
