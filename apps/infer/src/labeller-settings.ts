import { resolve } from 'node:path';
import { precisionOptions } from '@mmhs/trainer';
import type { PostLabellerSettings } from './labelling/open-post-labeller.ts';
import type { InferSettings } from './settings.ts';

/** What the labeller is opened with. */
export function labellerSettings(settings: InferSettings, cwd: string): PostLabellerSettings {
  return {
    adapterFolders: settings.adapter.map((folder) => resolve(cwd, folder)),
    modelId: settings.model_id === null ? null : resolve(cwd, settings.model_id),
    device: settings.device,
    threads: settings.threads,
    batchSize: settings.batch_size,
    maxPromptTokens: settings.max_prompt_tokens,
    maxNewTokens: settings.max_new_tokens,
    rule: settings.rule,
    merge: settings.merge,
    ...precisionOptions(settings),
    scores: settings.scores,
    exactUpTo: settings.exact_up_to,
  };
}
