/** Labels of the demo, in canonical order. */
export const labelNames = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'] as const;

/** Invented words that stand in for hateful language. They mean nothing and name nobody. */
export const standInWords = ['zorvak', 'dulmar', 'pelwick', 'vostrik'] as const;

/** Invented words without any meaning for the labels, so that an unknown word alone is no sign of hate. */
export const benignInventedWords = ['lumeta', 'fendri', 'tovask', 'brelo'] as const;

/** Everyday things that posts are about. */
export const nouns = [
  'lamp', 'door', 'cake', 'boat', 'kite', 'bench', 'clock', 'piano',
  'tree', 'bike', 'chair', 'book', 'cup', 'tent', 'drum', 'sled',
] as const;

/** Names with meanings of their own that only pre-training uses; see `pretraining-tasks.ts`. */
export const codeNames = [
  'alpha', 'bravo', 'delta', 'echo', 'golf', 'hotel', 'kilo', 'lima',
  'oscar', 'papa', 'romeo', 'sierra', 'tango', 'victor', 'yankee', 'zulu',
] as const;

/** A label of the demo. */
export type LabelName = (typeof labelNames)[number];
/** A word of {@link standInWords}. */
export type StandInWord = (typeof standInWords)[number];
