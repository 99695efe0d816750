/** Rows in the order of their scores. */
export interface SortedRows {
  readonly scores: Float64Array;
  readonly signedWeights: Int8Array | Float64Array;
}

/** A score is sorted as two 32-bit words, the low one first, as they lie in memory. */
interface Words {
  readonly scores: Int32Array;
  readonly signedWeights: Int8Array | Float64Array;
}

// Eleven bits a digit: three digits a word, and counters that stay in the first-level cache.
const digitBits = 11;
const digits = 2 ** digitBits;
const digitsPerWord = 3;

// Random scores tie in their high words now and then; where they do so all the time, sorting by digits is faster.
const movesPerRow = 4;

/**
 * Sorts rows by score, ascending, in linear time: by digits (radix sort), the last digit first.
 *
 * The high words of the scores tell nearly all rows apart, so that half of the digits can be left to an insertion sort; when
 * that has too much to do, all digits are sorted after all.
 */
export function sortByScore({ scores, signedWeights }: SortedRows): SortedRows {
  const start = { scores: new Int32Array(scores.slice().buffer), signedWeights };
  flipNegative(start.scores);
  const byHighWord = toRows(sortByWord(start, 1));
  if (finishByInsertion(byHighWord)) return byHighWord;
  return toRows(sortByWord(sortByWord(start, 0), 1));
}

/** Makes the order of the words, read as unsigned numbers, that of the scores. */
function flipNegative(words: Int32Array): void {
  for (let high = 1; high < words.length; high += 2) {
    const sign = words[high]! >> 31;
    words[high - 1]! ^= sign;
    words[high]! ^= sign | 0x8000_0000;
  }
}

function toRows({ scores, signedWeights }: Words): SortedRows {
  const words = scores.slice();
  for (let high = 1; high < words.length; high += 2) {
    const sign = ~words[high]! >> 31;
    words[high - 1]! ^= sign;
    words[high]! ^= sign | 0x8000_0000;
  }
  return { scores: new Float64Array(words.buffer), signedWeights: signedWeights.slice() };
}

function sortByWord(rows: Words, word: 0 | 1): Words {
  let from = rows;
  for (let digit = 0; digit < digitsPerWord; digit += 1) from = sortByDigit(from, word, digit * digitBits);
  return from;
}

function sortByDigit(from: Words, word: 0 | 1, shift: number): Words {
  const size = from.signedWeights.length;
  const next = new Int32Array(digits);
  for (let index = word; index < from.scores.length; index += 2) next[(from.scores[index]! >>> shift) & (digits - 1)]! += 1;
  if (next.includes(size)) return from; // one digit everywhere
  let before = 0;
  next.forEach((count, digit) => {
    next[digit] = before;
    before += count;
  });
  const to = { scores: new Int32Array(2 * size), signedWeights: from.signedWeights.slice() };
  for (let row = 0; row < size; row += 1) {
    const digit = (from.scores[2 * row + word]! >>> shift) & (digits - 1);
    const place = next[digit]!;
    next[digit] = place + 1;
    to.scores[2 * place] = from.scores[2 * row]!;
    to.scores[2 * place + 1] = from.scores[2 * row + 1]!;
    to.signedWeights[place] = from.signedWeights[row]!;
  }
  return to;
}

/** Puts rows that are nearly in order into order; gives up, leaving the rest, when they are not. */
function finishByInsertion({ scores, signedWeights }: SortedRows): boolean {
  let movesLeft = movesPerRow * scores.length;
  for (let row = 1; row < scores.length; row += 1) {
    const score = scores[row]!;
    if (scores[row - 1]! <= score) continue;
    const weight = signedWeights[row]!;
    let place = row;
    for (; place > 0 && scores[place - 1]! > score; place -= 1) {
      scores[place] = scores[place - 1]!;
      signedWeights[place] = signedWeights[place - 1]!;
    }
    scores[place] = score;
    signedWeights[place] = weight;
    movesLeft -= row - place;
    if (movesLeft < 0) return false;
  }
  return true;
}
