import { describe, expect, it } from 'vitest';
import { trainingConfigSchema } from './config-schema.ts';
import type { TrainingConfig } from './config.ts';
import type { PreparedPost } from './prepare-posts.ts';
import { checkSameRun, identifyRun } from './run-identity.ts';

const config = { ...trainingConfigSchema.parse({}), train_csv: 'train.csv', class_names: ['a'], early_stopping_metric: 'loss' } as TrainingConfig;
const post = (ids: readonly number[], labels: readonly string[] = []): PreparedPost => ({
  sample: { id: '1', text: '', labels, source: 'train.csv:2' } as PreparedPost['sample'],
  encoded: { inputIds: Int32Array.from(ids), promptLength: 1 } as unknown as PreparedPost['encoded'],
  image: undefined,
});
const identify = (changes: Partial<TrainingConfig> = {}, train = [post([1, 2])], weights = 'w') =>
  JSON.parse(JSON.stringify(identifyRun({ config: { ...config, ...changes }, posts: { train, val: [], test: [] }, weights }))) as ReturnType<typeof identifyRun>;
const check = (current: ReturnType<typeof identifyRun>) => () => checkSameRun({ saved: identify(), current, where: 'runs/x/checkpoint-5' });

describe('checkSameRun', () => {
  it('accepts the same run in another place, under another limit', () => {
    const changes = { out_dir: '/elsewhere', train_csv: '/copy.csv', save_total_limit: 9, progress: 'plain', resume: true } as const;
    expect(check(identify(changes))).not.toThrow();
  });

  it.each([{ seed: 1 }, { lora_r: 4 }, { num_train_epochs: 7 }, { threads: 3 }, { rank_pattern: { q_proj: 2 } }])(
    'refuses another setting and names it: %j', (changes) => {
      expect(check(identify(changes))).toThrow(new RegExp(`checkpoint-5.*got ${Object.keys(changes)[0]} .*expected ${Object.keys(changes)[0]} `));
    },
  );

  it('refuses other posts and other weights, whatever their files are called', () => {
    expect(check(identify({}, [post([1, 3])]))).toThrow(/training posts/);
    expect(check(identify({}, [post([1, 2], ['a'])]))).toThrow(/training posts/);
    expect(check(identify({}, undefined, 'other'))).toThrow(/weights of the model/);
  });
});
