import { MmhsError } from '../errors.ts';
import type { Tokenizer } from '../family.ts';

/**
 * Makes sure that the tokenizer's id of a special token is among those that a configuration names.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` when it is not; `MMHS_TOKENIZER_UNKNOWN_TOKEN` when the vocabulary lacks the token.
 */
export function checkTokenizerFits(options: {
  readonly tokenizer: Tokenizer;
  /** Such as `<image>`. */
  readonly token: string;
  /** Where the configuration names the ids, for messages. */
  readonly where: string;
  readonly ids: readonly number[];
}): void {
  const { tokenizer, token, where, ids } = options;
  const id = tokenizer.specialId(token);
  if (ids.includes(id)) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The tokenizer does not belong to the model', {
    where,
    got: ids.join(', '),
    expected: `${id}, the id of ${token} in tokenizer.json`,
  });
}
