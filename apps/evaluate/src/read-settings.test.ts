import { describe, expect, it } from 'vitest';
import { readSettings, type ReadSettings } from './read-settings.ts';

const run = {
  where: '/runs/a/config.resolved.json',
  config: { val_csv: '/data/val.csv', test_csv: '/data/test.csv', image_root: '/data', zero_division: 1, text_column: 'words', lora_r: 8 },
  metrics: [],
};

function read(argv: readonly string[], record: typeof run | undefined = run): Promise<ReadSettings> {
  return readSettings({ argv: ['--adapter', 'runs/a/lora_adapter', ...argv], cwd: '/home', readRun: async () => record });
}

describe('settings', () => {
  it('come from the run where no flag says otherwise', async () => {
    const { settings, files, adapterFolder } = await read([]);
    expect(adapterFolder).toBe('/home/runs/a/lora_adapter');
    expect([...files]).toEqual([['val', '/data/val.csv'], ['test', '/data/test.csv']]);
    expect(settings).toMatchObject({ image_root: '/data', zero_division: 1, text_column: 'words', report: true, rule: 'generate' });
  });

  it('take nothing of the data of the run for other data', async () => {
    const { settings, files } = await read(['--test-csv', 'mine.csv', '--zero_division', '0']);
    expect([...files]).toEqual([['test', '/home/mine.csv']]);
    expect(settings).toMatchObject({ image_root: null, text_column: null, zero_division: 0 });
  });

  it('read both spellings, lists, and switches', async () => {
    const { settings, files } = await read(['--splits', 'test', '--no-report', '--out-dir=x', '--rule', 'thresholds']);
    expect([...files.keys()]).toEqual(['test']);
    expect(settings).toMatchObject({ report: false, out_dir: 'x', rule: 'thresholds' });
  });

  it.each([
    [['--splits', 'val'], 'MMHS_CONFIG_MISSING', '--val_csv'],
    [[], 'MMHS_CONFIG_MISSING', '--test_csv'],
    [['--splits', 'train'], 'MMHS_CONFIG_INVALID', '--splits'],
    [['--compair', 'x'], 'MMHS_CONFIG_UNKNOWN', '--compare'],
  ])('refuse %j without a run', async (argv, code, named) => {
    await expect(readSettings({ argv: ['--adapter', 'a', ...argv], cwd: '/', readRun: async () => undefined }))
      .rejects.toMatchObject({ code, message: expect.stringContaining(named) as string });
  });
});
