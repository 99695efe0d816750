import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * Reads a JSON file and checks the parts that the checks use; the string "NaN" stands for the number.
 *
 * @throws Error naming the file and the field.
 */
export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  const text = await readFile(path, 'utf8');
  const result = schema.safeParse(JSON.parse(text, (_key, value: unknown) => (value === 'NaN' ? NaN : value)));
  if (result.success) return result.data;
  throw new Error(`${path}: ${z.prettifyError(result.error)}`);
}
