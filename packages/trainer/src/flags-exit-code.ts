import { MmhsError } from '@mmhs/core';

/** Exit codes of every command, by the beginnings of error codes; the first that fits counts. */
const exitCodes: readonly { readonly exitCode: number; readonly beginnings: readonly string[] }[] = [
  { exitCode: 2, beginnings: ['MMHS_CONFIG', 'MMHS_LORA_NO_MATCH', 'MMHS_LORA_REGEX', 'MMHS_PROMPT_PRESET', 'MMHS_HUB_SETTINGS'] },
  { exitCode: 3, beginnings: ['MMHS_DATA', 'MMHS_LABELS', 'MMHS_LABEL_LANGUAGE', 'MMHS_IMAGE', 'MMHS_PROMPT'] },
  {
    exitCode: 4,
    beginnings: [
      'MMHS_MODEL', 'MMHS_CHECKPOINT', 'MMHS_FILE', 'MMHS_SAFETENSORS', 'MMHS_TENSOR', 'MMHS_TOKENIZER', 'MMHS_LORA',
      'MMHS_RUNTIME_DEVICE', 'MMHS_HUB',
    ],
  },
];

/**
 * The exit code an error ends a command with: 2 for settings, 3 for data, 4 for the model or its weights, 1 for anything
 * else.
 */
export function exitCodeOf(error: unknown): number {
  if (!MmhsError.isInstance(error)) return 1;
  const { code } = error;
  return exitCodes.find(({ beginnings }) => beginnings.some((beginning) => code.startsWith(beginning)))?.exitCode ?? 1;
}
