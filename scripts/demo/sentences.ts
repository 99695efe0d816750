import { shuffle, type Random } from '@mmhs/data';
import { nouns } from './vocabulary.ts';

/** `_` is a thing. No sentence starts with one, so that a thing always follows a space. */
const patterns = [
  'we saw the _ today',
  'someone found a _ again',
  'they cleaned the old _',
  'we painted the _ near the _',
  'someone carried a small _ and a _ outside',
  'they found the _ behind the old _ today',
  'we saw the _ and the _ near the _',
  'they painted a _ and a _ behind the _',
];

/** Writes a sentence of 4 to 10 words in which the given words are things; other things fill up. */
export function writeSentence(options: {
  readonly words: readonly string[];
  /** Things to fill up with. @default everyday nouns */
  readonly fillers?: readonly string[];
  readonly random: Random;
}): string {
  const { words, fillers = nouns, random } = options;
  const fitting = patterns.filter((pattern) => pattern.split('_').length - 1 >= Math.max(1, words.length));
  const pattern = fitting[random.integer(fitting.length)] ?? '';
  const places = pattern.split('_').length - 1;
  const free = fillers.filter((filler) => !words.includes(filler));
  const things = shuffle([...words, ...shuffle(free, random).slice(0, places - words.length)], random);
  return pattern.replaceAll('_', () => things.pop() ?? '');
}
