import { MmhsError } from '@mmhs/core';
import { openLabellers, type Labeller, type LabellerOptions, type PostToLabel } from '@mmhs/trainer';
import { families } from '../families.ts';
import { adapterVersion, nameAdapters } from './adapter-facts.ts';
import type { AdapterFacts, Answer, Post, PostLabeller } from './post.ts';

/** Options of {@link openPostLabeller}: plain data, so that they can be sent to a thread. */
export interface PostLabellerSettings extends Omit<LabellerOptions, 'families' | 'signal' | 'rule'> {
  readonly adapterFolders: readonly string[];
  readonly rule: NonNullable<LabellerOptions['rule']>;
  /** Whether scores are wanted where the rule does without. */
  readonly scores: boolean;
}

interface OpenedAdapter {
  readonly facts: AdapterFacts;
  readonly labeller: Labeller;
}

/**
 * Opens adapters side by side on one copy of their model.
 *
 * @throws MmhsError what `openLabellers` of @mmhs/trainer throws.
 */
export async function openPostLabeller(options: PostLabellerSettings & { readonly signal?: AbortSignal | undefined }): Promise<PostLabeller> {
  const { adapterFolders, rule, scores } = options;
  const names = nameAdapters(adapterFolders);
  const versions = await Promise.all(adapterFolders.map(adapterVersion));
  const labellers = await openLabellers({ ...options, families });
  const opened = labellers.map((labeller, index): OpenedAdapter => ({
    labeller,
    facts: {
      name: names[index] ?? '', version: versions[index] ?? '', labels: labeller.labelSet, rule, thresholds: thresholdsOf(labeller, rule),
    },
  }));
  const find = (name: string): Labeller => (opened.find(({ facts }) => facts.name === name) ?? failUnknown(name, names)).labeller;
  return {
    adapters: opened.map(({ facts }) => facts),
    label: async ({ adapter, posts, signal }) => {
      const labeller = find(adapter);
      const predictions = await labeller.label({ samples: posts.map(toSample), scores, signal });
      return predictions.map((prediction): Answer => ({
        labels: prediction.labels,
        scores: prediction.scores === undefined ? null : byLabel(labeller, prediction.scores),
        missing: prediction.missing,
        rawText: prediction.rawText,
        valid: prediction.valid,
      }));
    },
    prepareImage: (picture) => (opened[0] as OpenedAdapter).labeller.prepareImage(picture),
    prompt: ({ adapter, post }) => find(adapter).describePrompt(toSample(post)),
    async close() {
      for (const { labeller } of opened) await labeller.close();
    },
  };
}

function byLabel({ labelSet }: Labeller, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(labelSet.map((label, index) => [label, values[index] ?? NaN]));
}

function thresholdsOf(labeller: Labeller, rule: AdapterFacts['rule']): AdapterFacts['thresholds'] {
  const { labelSet, thresholds } = labeller;
  // JSON has no Infinity.
  if (rule === 'thresholds') return Object.fromEntries(labelSet.map((label, index) => [label, Number.isFinite(thresholds[index]) ? (thresholds[index] ?? null) : null]));
  return rule === 'marginals' ? byLabel(labeller, labelSet.map(() => 0.5)) : null;
}

function toSample({ text, image, source }: Post): PostToLabel {
  if (image === undefined) return { id: source, text };
  if ('path' in image) return { id: source, text, imagePath: image.path };
  return 'ready' in image ? { id: source, text, image: image.ready } : { id: source, text, imageBytes: image.bytes };
}

function failUnknown(name: string, names: readonly string[]): never {
  throw new MmhsError('MMHS_REQUEST_ADAPTER', 'There is no such adapter', {
    got: JSON.stringify(name), expected: names.map((known) => JSON.stringify(known)).join(' or '),
  });
}
