import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Measured times, which no two runs share. */
const times = /(?:runtime|_per_second)$/;

/** What differs between two finished runs; nothing when they are the same bit for bit, but for the times. */
export async function compareRuns(expected: string, actual: string): Promise<string[]> {
  const differences: string[] = [];
  for (const name of ['lora_adapter/adapter_model.safetensors', 'lora_adapter/adapter_config.json', 'label_map.json']) {
    const [a, b] = await Promise.all([expected, actual].map((folder) => readFile(join(folder, name))));
    if (a === undefined || b === undefined || Buffer.compare(a, b) !== 0) differences.push(`${name} differs`);
  }
  for (const name of ['metrics.jsonl', 'val_metrics.json', 'trainer_state.json']) {
    const [a, b] = await Promise.all([expected, actual].map(async (folder) => withoutTimes(await readFile(join(folder, name), 'utf8'))));
    if (a !== b) differences.push(`${name} differs`);
  }
  return differences;
}

/** JSON, or one JSON value a line, in one form without the times. */
function withoutTimes(text: string): string {
  const strip = (key: string, value: unknown): unknown => (times.test(key) ? undefined : value);
  const parts = text.startsWith('{\n') ? [text] : text.trimEnd().split('\n');
  return parts.map((part) => JSON.stringify(JSON.parse(part), strip)).join('\n');
}
