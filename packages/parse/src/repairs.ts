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

/** The bit of each repair. */
export const repairBits = /* @__PURE__ */ Object.fromEntries(repairs.map((repair, index) => [repair, 1 << index])) as Readonly<
  Record<Repair, RepairBits>
>;

/** The repairs of a set of bits, in the order of {@link Repair}. */
export function listRepairs(bits: RepairBits): Repair[] {
  return repairs.filter((repair) => (bits & repairBits[repair]) !== 0);
}
