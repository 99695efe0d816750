import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type LinearPrecision } from '@mmhs/core';
import { z } from 'zod';

/** Lies beside an adapter's tensors where something differs from full precision. */
const fileName = 'precision.json';

const schema = z.strictObject({
  vision_products: z.enum(['float32', 'int8']).default('float32'),
  weights: z.enum(['float32', 'nf4']).default('float32'),
});

/** In which precision the frozen base was computed when an adapter was trained, by the names of the labelling settings. */
export type PrecisionRecord = Readonly<z.output<typeof schema>>;

const fullPrecision: PrecisionRecord = { vision_products: 'float32', weights: 'float32' };

/** The record as a file of an adapter folder, by name; none where everything was computed in float32. */
export function precisionFile(record: PrecisionRecord): Readonly<Record<string, string>> {
  const isFull = Object.values(record).every((value) => value === 'float32');
  return isFull ? {} : { [fileName]: `${JSON.stringify(record, null, 2)}\n` };
}

/**
 * Reads what training recorded beside an adapter; float32 throughout where it recorded nothing.
 *
 * @throws MmhsError `MMHS_LABELLER_PRECISION` when the file cannot be read.
 */
export async function readPrecision(folder: string): Promise<PrecisionRecord> {
  const where = join(folder, fileName);
  const text = await readFile(where, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? fullPrecision : parse(text, where);
}

function parse(text: string, where: string): PrecisionRecord {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const got = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new MmhsError('MMHS_LABELLER_PRECISION', 'The precision that the adapter was trained in cannot be read', {
      where, got, expected: 'the precision.json that training writes', cause,
    });
  }
}

/** How the products of a labeller's model are computed. */
export interface LabellerPrecision {
  readonly language: LinearPrecision;
  readonly vision: LinearPrecision;
}

/**
 * What is asked for, or else what the adapter was trained with. A merged adapter is part of the weights: to round them again would
 * round it, too.
 */
export function labellerPrecision(record: PrecisionRecord, asked: {
  readonly precision?: LinearPrecision | undefined;
  readonly visionPrecision?: LinearPrecision | undefined;
  readonly merge?: boolean | undefined;
}): LabellerPrecision {
  const trained = record.weights === 'nf4' && asked.merge !== true ? 'weights-nf4' : 'float32';
  return { language: asked.precision ?? trained, vision: asked.visionPrecision ?? record.vision_products };
}
