import type { TrainingConfig } from './config.ts';
import type { UpdatePlan } from './update-plan.ts';

/** What is due after an update. */
export interface DueWork {
  readonly evaluates: boolean;
  readonly saves: boolean;
  /** Whether this was the last update. */
  readonly last: boolean;
}

/**
 * Decides what follows an update: an evaluation each epoch or `eval_steps`, and after the last update; a checkpoint at each
 * evaluation, each `save_steps`, and without either each epoch.
 *
 * @param options.step updates done
 * @param options.canEvaluate whether there are posts to evaluate on
 */
export function workAfter(options: {
  readonly step: number;
  readonly plan: Pick<UpdatePlan, 'totalUpdates' | 'updatesPerEpoch'>;
  readonly canEvaluate: boolean;
  readonly config: Pick<TrainingConfig, 'eval_strategy' | 'eval_steps' | 'save_steps'>;
}): DueWork {
  const { step, plan, canEvaluate, config } = options;
  const last = step === plan.totalUpdates;
  const epochEnds = step % plan.updatesPerEpoch === 0;
  const never = !canEvaluate || config.eval_strategy === 'no';
  const evaluates = !never && (last || (config.eval_strategy === 'steps' ? step % config.eval_steps === 0 : epochEnds));
  const saves = last || evaluates || (config.save_steps === null ? never && epochEnds : step % config.save_steps === 0);
  return { evaluates, saves, last };
}
