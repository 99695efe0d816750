import type { TrainableTensors, VlmModel } from '@mmhs/core';

import { trainedSpecs } from './adapter-setup.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { UpdatePlan } from './update-plan.ts';

/** The lines shown before the first step: what is trained, how long the posts are, how many steps there will be. */
export function describeRun(options: {
  readonly model: VlmModel;
  readonly trainable: TrainableTensors;
  readonly posts: readonly PreparedPost[];
  readonly plan: UpdatePlan;
}): string[] {
  const { model, trainable, posts, plan } = options;
  const tokens = posts.map(({ encoded }) => encoded.inputIds.length);
  const images = posts.map(({ image }) => image?.featureRows ?? 0);
  const truncated = posts.filter(({ encoded }) => encoded.truncatedTextTokens > 0);
  const cut = truncated.reduce((sum, { encoded }) => sum + encoded.truncatedTextTokens, 0);
  return [
    ...describeParameters(model, trainable),
    `tokens per post         min ${quantiles(tokens)}`,
    `image tokens per post   min ${quantiles(images)}`,
    `truncated posts         ${truncated.length} of ${posts.length}${cut === 0 ? '' : `, ${cut} text tokens cut`}`,
    `updates                 ${plan.totalUpdates} (${plan.updatesPerEpoch} per epoch of ${posts.length} posts)`,
  ];
}

function describeParameters(model: VlmModel, trainable: TrainableTensors): string[] {
  const total = model.tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const byPart = new Map<string, number>();
  for (const { name, shape } of trainedSpecs(model, trainable)) {
    const linear = model.linears.find(({ path }) => name.startsWith(`${path}.`));
    const part = linear?.part ?? 'other';
    byPart.set(part, (byPart.get(part) ?? 0) + sizeOf(shape));
  }
  const trained = [...byPart.values()].reduce((sum, size) => sum + size, 0);
  const share = ((100 * trained) / (total + (trainable.full.size > 0 ? 0 : trained))).toFixed(2);
  return [
    `trainable parameters    ${trained.toLocaleString('en')} (${share} % of the model)`,
    ...[...byPart].map(([part, size]) => `  ${part.padEnd(21)} ${size.toLocaleString('en')}`),
  ];
}

function sizeOf(shape: readonly (number | string)[]): number {
  return shape.reduce<number>((product, size) => product * Number(size), 1);
}

/** `3, median 5, max 9` of numbers; nothing but dashes for none. */
function quantiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (place: number): string => String(sorted[place] ?? '-');
  return `${at(0)}, median ${at(Math.floor(sorted.length / 2))}, max ${at(sorted.length - 1)}`;
}
