import { z } from 'zod';

import { trainingConfigSchema } from './config-schema.ts';
import { setting } from './flags-settings.ts';
import type { LabellerOptions } from './labeller.ts';

const byDefault = 'what the adapter was trained with';

/** The settings of commands that label with an adapter about precision. */
export const precisionSettings = {
  weights: setting(z.enum(['float32', 'nf4', 'int8', 'int4']).nullable().default(null), {
    group: 'Adapter', byDefault,
    help: "How the language model's weights are held: int8 and int4 take less memory and are read faster, nf4 is what --load_in_4bit trains with; answers can differ.",
  }),
  vision_products: setting(trainingConfigSchema.shape.vision_products.unwrap().nullable().default(null), {
    group: 'Adapter', help: "How the vision tower's products are computed: 8 bits are faster; answers can differ.", byDefault,
  }),
} as const;

/** What these settings ask of a labeller; nothing where they are left out. */
export function precisionOptions({ weights, vision_products }: {
  readonly weights: 'float32' | 'nf4' | 'int8' | 'int4' | null;
  readonly vision_products: 'float32' | 'int8' | null;
}): Pick<LabellerOptions, 'precision' | 'visionPrecision'> {
  return {
    ...(weights === null ? {} : { precision: weights === 'float32' ? weights : `weights-${weights}` }),
    ...(vision_products === null ? {} : { visionPrecision: vision_products }),
  };
}
