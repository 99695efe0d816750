import { join } from 'node:path';

import { evaluationMetrics, type Evaluation } from './artifacts.ts';
import type { TrainerState } from './checkpoint-state.ts';
import { openMetricsLog } from './metrics-log.ts';
import { openEventLog, tensorboardTags } from './tensorboard.ts';
import type { UpdateReport } from './train-loop.ts';

type HistoryRow = TrainerState['log_history'][number] & { readonly step: number };

/** Sums since the last log entry, to continue exactly after a restart. */
export interface LogWindow {
  readonly loss: number;
  readonly updates: number;
}

/** Writes what a run measures to metrics.jsonl, the TensorBoard file and the trainer state's history. */
export interface RunRecorder {
  /** Counts an update; writes an entry with the mean loss each `loggingSteps` updates. */
  update(report: UpdateReport): Promise<void>;
  evaluation(options: { readonly step: number; readonly epoch: number; readonly evaluation: Evaluation }): Promise<void>;
  readonly history: readonly HistoryRow[];
  readonly window: LogWindow;
  close(): Promise<void>;
}

/** Opens the run's logs; a resumed run continues them from its step. */
export async function openRunRecorder(options: {
  readonly folder: string;
  readonly loggingSteps: number;
  readonly totalUpdates: number;
  readonly resumed?: { readonly step: number; readonly history: readonly HistoryRow[]; readonly window: LogWindow } | undefined;
}): Promise<RunRecorder> {
  const { folder, loggingSteps, totalUpdates, resumed } = options;
  const metrics = await openMetricsLog({ path: join(folder, 'metrics.jsonl'), rows: resumed?.history ?? [] });
  const events = await openEventLog({ folder: join(folder, 'logs'), resumedStep: resumed?.step });
  const history: HistoryRow[] = [...(resumed?.history ?? [])];
  let window: LogWindow = resumed?.window ?? { loss: 0, updates: 0 };
  const write = async (step: number, row: Record<string, number>): Promise<void> => {
    history.push({ ...row, step });
    await metrics.append({ ...row, step });
    await events.writeScalars({ step, values: tensorboardTags(row) });
  };
  return {
    async update(report) {
      window = { loss: window.loss + report.loss, updates: window.updates + 1 };
      if (report.step % loggingSteps !== 0 && report.step !== totalUpdates) return;
      const { step, epoch, gradientNorm, learningRate } = report;
      const loss = window.loss / window.updates;
      window = { loss: 0, updates: 0 };
      await write(step, { loss, grad_norm: gradientNorm, learning_rate: learningRate, epoch });
    },
    async evaluation({ step, epoch, evaluation }) {
      const named = Object.entries(evaluationMetrics(evaluation)).map(([name, value]) => [`eval_${name}`, value] as const);
      await write(step, { ...Object.fromEntries(named), epoch });
    },
    history,
    get window() {
      return window;
    },
    async close() {
      await metrics.close();
      await events.close();
    },
  };
}
