/**
 * What the tiny checkpoint learns before anybody fine-tunes it: to find listed words in a text, to name the shape and the
 * colour of a symbol, to combine the two, and to answer with a JSON array of names from the list in its prompt.
 *
 * The demo's labelling rule is not among it. The demo's label names occur as mere words, true when the text says them, and no
 * name combines a stand-in word with the symbol that the demo combines it with.
 */
import type { RgbImage } from '@mmhs/core';
import { createRandom, shuffle, type Random } from '@mmhs/data';
import { buildPrompt, writeLabels } from '@mmhs/prompts';
import { colours, drawSymbol, shapes, type Colour, type Shape } from './drawing.ts';
import { writeSentence } from './sentences.ts';
import { benignInventedWords, codeNames, labelNames, nouns, standInWords } from './vocabulary.ts';

/** One prompt, picture and answer to learn. */
export interface PretrainingExample {
  readonly task: PretrainingTask;
  /** Names in the order of the prompt's list, which is the order of the answer. */
  readonly labelSet: readonly string[];
  readonly system: string;
  readonly text: string;
  readonly image: RgbImage;
  /** Listed names that apply. */
  readonly labels: readonly string[];
  /** The answer: a JSON array. */
  readonly target: string;
}

/**
 * - `symbols`: the list has all shapes and colours; the symbol's shape and colour apply;
 * - `presence`: a name applies when the text has that word or the picture that shape or colour;
 * - `pairs`: a name of two parts, such as `kite ring`, applies when both are there;
 * - `codes`: a name such as `kilo` has a meaning that no prompt tells and that has to be learnt by heart.
 */
export type PretrainingTask = 'symbols' | 'presence' | 'pairs' | 'codes';

/** How often each task comes up; the shares need not sum to 1. */
export type TaskShares = Readonly<Record<PretrainingTask, number>>;

const defaultShares: TaskShares = { symbols: 0.25, presence: 0.3, pairs: 0.25, codes: 0.2 };

/** What must hold for a name to apply; all parts given must. */
export interface Condition {
  readonly word?: string;
  readonly shape?: Shape;
  readonly colour?: Colour;
}

/** A name and what it takes. */
export interface NamedCondition {
  readonly name: string;
  readonly condition: Condition;
}

const inventedWords = [...standInWords, ...benignInventedWords];
const things = [...nouns, ...inventedWords];

/** Whether the demo ties a stand-in word to this very symbol. */
function isDemoPair({ word, shape, colour }: Condition): boolean {
  return (
    (word === 'dulmar' && shape === 'square') ||
    (word === 'pelwick' && shape === 'arrow') ||
    (word === 'vostrik' && colour === 'red')
  );
}

/** The meanings of the code names: four words, two shapes, two colours, and eight pairs of a word and one of these. */
export const codeMeanings: readonly NamedCondition[] = makeCodeMeanings(createRandom(7));

function makeCodeMeanings(random: Random): NamedCondition[] {
  const words = shuffle(things, random);
  const nextWord = (): string => words.pop() ?? '';
  const symbols = shuffle<Condition>(
    [...shapes.map((shape) => ({ shape })), ...colours.map((colour) => ({ colour }))],
    random,
  );
  const conditions: Condition[] = [];
  for (let count = 0; count < 4; count += 1) conditions.push({ word: nextWord() });
  for (const symbol of symbols.slice(0, 4)) conditions.push(symbol);
  while (conditions.length < codeNames.length) {
    const pair = { word: nextWord(), ...symbols[conditions.length % symbols.length] };
    if (!isDemoPair(pair)) conditions.push(pair);
  }
  return codeNames.map((name, index) => ({ name, condition: conditions[index] ?? {} }));
}

/**
 * The example with this number in the sequence of this seed. Runs of `groupSize` examples have the same name list, so that
 * a micro-batch can share the prompt's beginning.
 *
 * @param options.groupSize - Examples in a row with the same list. Default 8.
 * @param options.shares - How often each task comes up. Default 5 : 6 : 5 : 4.
 */
export function createPretrainingExample(options: {
  readonly seed: number;
  readonly index: number;
  readonly groupSize?: number;
  readonly shares?: TaskShares;
}): PretrainingExample {
  const { seed, index, groupSize = 8, shares = defaultShares } = options;
  const listRandom = createRandom([seed, 1, Math.floor(index / groupSize)]);
  const task = drawTask(shares, listRandom);
  const list = drawList(task, listRandom);
  const labelSet = list.map(({ name }) => name);

  const random = createRandom([seed, 2, index]);
  const { words, shape, colour } = drawContent(list, random);
  const text = writeSentence({ words, fillers: things, random });
  const said = new Set(text.split(' '));
  const holds = ({ condition }: NamedCondition): boolean =>
    (condition.word === undefined || said.has(condition.word)) &&
    (condition.shape === undefined || condition.shape === shape) &&
    (condition.colour === undefined || condition.colour === colour);
  const labels = list.filter(holds).map(({ name }) => name);
  return {
    task,
    labelSet,
    system: buildPrompt({ labelSet }).system,
    text,
    image: drawSymbol({ shape, colour, random }),
    labels,
    target: writeLabels(labels, labelSet),
  };
}

/** Examples from number `start` on, without end. */
export function* createPretrainingExamples(options: {
  readonly seed: number;
  /** @default 0 */
  readonly start?: number;
  readonly groupSize?: number;
  readonly shares?: TaskShares;
}): Generator<PretrainingExample, never, undefined> {
  for (let index = options.start ?? 0; ; index += 1) yield createPretrainingExample({ ...options, index });
}

function drawTask({ symbols, presence, pairs, codes }: TaskShares, random: Random): PretrainingTask {
  const point = random.next() * (symbols + presence + pairs + codes);
  if (point < symbols) return 'symbols';
  if (point < symbols + presence) return 'presence';
  return point < symbols + presence + pairs ? 'pairs' : 'codes';
}

function drawList(task: PretrainingTask, random: Random): NamedCondition[] {
  const length = 4 + random.integer(3);
  if (task === 'codes') return shuffle(codeMeanings, random).slice(0, length);
  if (task === 'pairs') return drawPairs(length, random);
  if (task === 'symbols') return shuffle(allSymbols(), random);
  const words = shuffle([...things, ...labelNames], random).map((word) => ({ name: word, condition: { word } }));
  const symbols = shuffle(allSymbols(), random);
  const symbolCount = random.integer(length);
  return shuffle([...symbols.slice(0, symbolCount), ...words.slice(0, length - symbolCount)], random);
}

function allSymbols(): NamedCondition[] {
  return [
    ...shapes.map((shape) => ({ name: shape, condition: { shape } })),
    ...colours.map((colour) => ({ name: colour, condition: { colour } })),
  ];
}

function drawPairs(count: number, random: Random): NamedCondition[] {
  const pairs = new Map<string, NamedCondition>();
  while (pairs.size < count) {
    const word = pick(things, random);
    const shape = pick(shapes, random);
    const colour = pick(colours, random);
    const [name, condition] = pick<[string, Condition]>(
      [
        [`${word} ${shape}`, { word, shape }],
        [`${word} ${colour}`, { word, colour }],
        [`${colour} ${shape}`, { colour, shape }],
      ],
      random,
    );
    if (!isDemoPair(condition)) pairs.set(name, { name, condition });
  }
  return [...pairs.values()];
}

interface Content {
  readonly words: readonly string[];
  readonly shape: Shape;
  readonly colour: Colour;
}

/** Some listed names are meant to apply, some only half; what is not decided by them is drawn at random. */
function drawContent(list: readonly NamedCondition[], random: Random): Content {
  const words = new Set<string>();
  let shape: Shape | undefined;
  let colour: Colour | undefined;
  for (const { condition } of shuffle(list, random)) {
    const point = random.next();
    const [saysWord, showsSymbol] = point < 0.15 ? [true, true] : [point < 0.28, point >= 0.28 && point < 0.41];
    if (saysWord && condition.word !== undefined && words.size < 3) words.add(condition.word);
    if (showsSymbol) {
      shape ??= condition.shape;
      colour ??= condition.colour;
    }
  }
  return { words: [...words], shape: shape ?? pick(shapes, random), colour: colour ?? pick(colours, random) };
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.integer(items.length)] as Item;
}
