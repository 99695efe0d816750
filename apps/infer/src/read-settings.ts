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
  const flags = parseFlags({ argv, settings: listSettings(inferSchema) });
  const { settings } = mergeSettings({ schema: inferSchema, layers: [flags] });
  return { settings, mode: chooseMode(settings) };
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
