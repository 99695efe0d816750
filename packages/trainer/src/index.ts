export {};
export { createAdamW, type AdamW, type AdamWSettings, type AdamWState } from './optimizer.ts';
export { clipGradients, type GradientClip } from './clip.ts';
export { createSchedule, scheduleNames, warmupUpdates, type Schedule, type ScheduleName } from './schedule.ts';
