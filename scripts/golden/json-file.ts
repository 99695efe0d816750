import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * Reads a JSON file and checks the parts that the checks use; the string "NaN" stands for the number.
 *
 * @throws Error naming the file and the field.
 */
export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  const result = schema.safeParse(parse(path, await readFile(path, 'utf8')));
  if (result.success) return result.data;
  throw new Error(`${path}: ${z.prettifyError(result.error)}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === 'NaN' ? NaN : value));
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
