import { MmhsError } from '@mmhs/core';
import { listSettings, mergeSettings, parseFlags } from '@mmhs/trainer';
import { inferSchema, type InferSettings } from './settings.ts';

/** What the command is to do. */
export type Mode = 'post' | 'file' | 'serve';

/**
 * Reads the command line.
 *
 * @throws MmhsError `MMHS_CONFIG_...` for unknown flags and values, for nothing to do, and for two things at once.
 */
export function readSettings(argv: readonly string[]): { readonly settings: InferSettings; readonly mode: Mode } {
  const flags = parseFlags({ argv: joinRepeated(argv, '--adapter'), settings: listSettings(inferSchema) });
  const { settings } = mergeSettings({ schema: inferSchema, layers: [flags] });
  return { settings, mode: chooseMode(settings) };
}

/** A flag given several times as one list: the parser takes the last of equal flags. */
function joinRepeated(argv: readonly string[], flag: string): string[] {
  const values: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string;
    const next = argv[index + 1];
    if (word.startsWith(`${flag}=`)) values.push(word.slice(flag.length + 1));
    else if (word === flag && next !== undefined && !next.startsWith('--')) values.push(argv[(index += 1)] as string);
    else rest.push(word);
  }
  if (values.length > 1) return [...rest, `${flag}=${JSON.stringify(values)}`];
  return values.length === 1 ? [...rest, `${flag}=${values[0]}`] : rest;
}

function chooseMode({ serve, input, output, text, image, adapter }: InferSettings): Mode {
  const hasPost = text !== '' || image !== null;
  const wanted = [
    ...(serve ? ['serve' as const] : []), ...(input !== null ? ['file' as const] : []), ...(hasPost ? ['post' as const] : []),
  ];
  const [mode, other] = wanted;
  if (mode === undefined) {
    throw new MmhsError('MMHS_CONFIG_MISSING', 'There is nothing to label', {
      where: '--text, --image, --input, --serve', fix: 'give a text or a picture, a file of posts, or --serve',
    });
  }
  if (other !== undefined) {
    throw new MmhsError('MMHS_CONFIG_INVALID', 'The command can do one thing at a time', {
      where: '--text, --image, --input, --serve', got: wanted.join(' and '), fix: 'leave out all but one',
    });
  }
  if (mode === 'file' && output === null) throw new MmhsError('MMHS_CONFIG_MISSING', 'There is no place for the answers', { where: '--output' });
  if (mode !== 'serve' && adapter.length > 1) {
    throw new MmhsError('MMHS_CONFIG_INVALID', 'Only a server takes several adapters', { where: '--adapter', got: `${adapter.length} folders`, fix: 'give one' });
  }
  return mode;
}
