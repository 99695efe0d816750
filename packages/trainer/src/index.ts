export { createAdamW, type AdamW, type AdamWSettings, type AdamWState } from './optimizer.ts';
export { clipGradients, type GradientClip } from './clip.ts';
export { createSchedule, warmupUpdates, type Schedule, type ScheduleName } from './schedule.ts';
export { packBatch, type BatchItem, type PackedBatch } from './collate.ts';
export { createFeatureStore, type FeatureCacheOptions, type FeatureStore } from './feature-store.ts';
export { createVisionSession } from './vision-session.ts';
export { createImageLoader, type ImageLoader, type LoadedImage } from './image-loader.ts';
export { preparePosts, promptOf, type PreparedImage, type PreparedPost } from './prepare-posts.ts';
export { createTrainingEngine, type MicroBatchResult, type TrainingEngine } from './training-engine.ts';
export { trainLoop, type TrainLoopOptions, type UpdateReport } from './train-loop.ts';
export { planUpdates, type PlannedUpdate, type UpdatePlan } from './update-plan.ts';
export {
  columnsOf,
  resolveTrainingConfig,
  trainingHelp,
  type ResolvedTrainingConfig,
  type ResolveTrainingConfigOptions,
  type SettingSources,
  type TrainingConfig,
} from './config.ts';
export { trainingConfigSchema, type TrainingSettings } from './config-schema.ts';
export { precisionOptions, precisionSettings } from './precision-settings.ts';
export { chooseFamily, completeConfig, findModel, type FoundModel } from './config-family.ts';
export { exportModel, type ExportModelOptions } from './export-model.ts';
export { exportTypes, type ExportType } from './export-plan.ts';
export { findCheckpoint, type FindCheckpointOptions } from './find-checkpoint.ts';
export { findAdapterModel } from './labeller-model.ts';
export { runCommand, type CommandContext, type RunCommandOptions } from './flags-command.ts';
export {
  listSettings,
  mergeSettings,
  parseEnvironment,
  parseFlags,
  renderHelp,
  setting,
  settingDescriptions,
  type GivenValue,
  type GivenValues,
  type HelpOptions,
  type Setting,
  type SettingDescription,
  type SettingsSchema,
} from './flags.ts';
export { findLatestCheckpoint, rotateCheckpoints, verifyCheckpoint, writeCheckpoint, type CheckpointSearch } from './checkpoint.ts';
export type { CheckpointLocation } from './checkpoint-folders.ts';
export {
  loadTrainingState,
  saveTrainingState,
  type TrainerState,
  type TrainingState,
} from './checkpoint-state.ts';
export {
  createProgress,
  type ProgressOptions,
  type ProgressPhase,
  type ProgressReporter,
  type ProgressStream,
  type ProgressUpdate,
} from './progress.ts';
export { runTraining, type RunTrainingOptions, type TrainingResult } from './run-training.ts';
export { openEventLog, type EventLog } from './tensorboard.ts';
export { openMetricsLog, readMetricsLog, type MetricsLog, type MetricsRow } from './metrics-log.ts';
export { createEarlyStopping, type EarlyStopping, type EarlyStoppingState } from './early-stopping.ts';
export {
  writeLabelMap,
  writeMetricsFile,
  writeResolvedConfig,
  type Evaluation,
} from './artifacts.ts';
export { createAnswerLanguage } from './answer-language.ts';
export { compareRules, type RuleMetrics } from './decision-comparison.ts';
export { readDecision, writeDecision } from './decision-file.ts';
export { tuneDecision, type TunedDecision } from './decision-tuning.ts';
export { decisionRules, type Decision, type DecisionRule, type LabelCalibration } from './decision.ts';
export type { PictureToPrepare } from './labeller-images.ts';
export {
  openLabeller,
  openLabellers,
  type DescribedPrompt,
  type Labeller,
  type LabellerOptions,
  type OpenLabellerOptions,
  type PostToLabel,
} from './labeller.ts';
export { formatEvaluations } from './progress-table.ts';
export { trainedSpecs } from './adapter-setup.ts';
export { openModel, type OpenedModel } from './open-model.ts';
export { createPredictor, type CreatePredictorOptions, type Predictor } from './predict.ts';
