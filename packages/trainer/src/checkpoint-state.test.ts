import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTrainingState, saveTrainingState, TrainerStateSchema } from './checkpoint-state.ts';
import type { AdamWState } from './optimizer.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Values whose bits are easily lost: subnormal, negative zero, the largest, a third. */
const delicate = Float32Array.of(1e-45, -0, 3.4028234663852886e38, 1 / 3);
const optimizer: AdamWState = {
  step: 7,
  expAvg: new Map([['m.lora_A.weight', delicate], ['m.lora_B.weight', Float32Array.of(1)]]),
  expAvgSq: new Map([['m.lora_A.weight', delicate.toReversed()], ['m.lora_B.weight', Float32Array.of(2)]]),
};
const trainerState = TrainerStateSchema.parse({
  global_step: 7,
  epoch: 0.1 + 0.2,
  best_metric: 0.9,
  best_model_checkpoint: 'checkpoint-5',
  log_history: [{ step: 1, loss: 1 / 3, learning_rate: 0 }, { step: 5, eval_loss: null }],
});
const resume = { random: [1, 4294967295], order: [3, 1, 2], wait: { count: 1 } };

describe('saveTrainingState and loadTrainingState', () => {
  it('carry everything bit for bit', async () => {
    await saveTrainingState({ folder, trainerState, optimizer, resume });
    const loaded = await loadTrainingState({ folder });
    expect(loaded).toEqual({ trainerState, optimizer, resume });
    const bits = (array: Float32Array | undefined) => new Uint32Array(Float32Array.from(array ?? []).buffer);
    expect(bits(loaded.optimizer.expAvg.get('m.lora_A.weight'))).toEqual(bits(delicate));
  });

  it('write the keys of the Hugging Face Trainer, sorted', async () => {
    await saveTrainingState({ folder, trainerState, optimizer, resume });
    const text = await readFile(join(folder, 'trainer_state.json'), 'utf8');
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual(Object.keys(TrainerStateSchema.shape).toSorted());
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('name the file that cannot be used', async () => {
    await saveTrainingState({ folder, trainerState, optimizer, resume });
    await writeFile(join(folder, 'trainer_state.json'), '{"global_step": -1}');
    await expect(loadTrainingState({ folder })).rejects.toThrow(/trainer_state\.json/);
  });
});
