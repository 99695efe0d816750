/**
 * What was wrong with an answer and was put right:
 *
 * - `surrounding-text`: something stands before or after the array;
 * - `echoed-prompt`: the instructions were repeated and skipped;
 * - `quotes`: single, typographic or escaped quotes instead of `"`;
 * - `unquoted`: a label without quotes;
 * - `inner-quote`: an unescaped quote inside a string;
 * - `comma`: a missing, doubled or trailing comma;
 * - `escape`: an escape that JSON does not have, or a raw control character;
 * - `space`: a space that JSON does not allow between values;
 * - `closed`: the text ended, or another bracket came, before the array was closed;
 * - `cut-off`: an incomplete last item was left out;
 * - `nested`: items came out of arrays or objects inside the array;
 * - `other-value`: numbers, nulls or booleans were left out;
 * - `split`: one string held several labels;
 * - `spelling`: a label in other case, spacing or quotes than in the label list;
 * - `repeated`: a label stood there more than once.
 */
export type Repair =
  | 'surrounding-text'
  | 'echoed-prompt'
  | 'quotes'
  | 'unquoted'
  | 'inner-quote'
  | 'comma'
  | 'escape'
  | 'space'
  | 'closed'
  | 'cut-off'
  | 'nested'
  | 'other-value'
  | 'split'
  | 'spelling'
  | 'repeated';

const repairs: readonly Repair[] = [
  'surrounding-text',
  'echoed-prompt',
  'quotes',
  'unquoted',
  'inner-quote',
  'comma',
  'escape',
  'space',
  'closed',
  'cut-off',
  'nested',
  'other-value',
  'split',
  'spelling',
  'repeated',
];

/** A set of repairs as bits, so that a bracket inherits those of the brackets inside it at no cost. */
export type RepairBits = number;

/** The bit of a repair. */
export function repairBit(repair: Repair): RepairBits {
  return 1 << repairs.indexOf(repair);
}

/** The repairs of a set of bits, in the order of {@link Repair}. */
export function listRepairs(bits: RepairBits): Repair[] {
  return repairs.filter((_, index) => (bits & (1 << index)) !== 0);
}

/** Repairs after which an array is still JSON as it stands. */
export const harmlessBits: RepairBits = (['nested', 'other-value', 'split', 'spelling', 'repeated'] as const)
  .map(repairBit)
  .reduce((bits, bit) => bits | bit, 0);
