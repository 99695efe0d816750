import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * Names for adapter folders, unique among them: the folder's own name, or that of the run it lies in when it is called
 * `lora_adapter`, numbered where two would be equal.
 */
export function nameAdapters(folders: readonly string[]): string[] {
  const taken = new Set<string>();
  return folders.map((folder) => {
    const own = basename(folder);
    const wanted = own === 'lora_adapter' ? basename(dirname(folder)) || own : own;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return name;
  });
}

/** What tells two trainings of an adapter apart: 12 hexadecimal digits of the SHA-256 of its weights. */
export async function adapterVersion(folder: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(folder, 'adapter_model.safetensors')), hash);
  return hash.digest('hex').slice(0, 12);
}
