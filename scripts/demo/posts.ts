import type { RgbImage } from '@mmhs/core';
import { createRandom, shuffle, type Random } from '@mmhs/data';
import { colours, drawSymbol, shapes, type Colour, type Shape } from './drawing.ts';
import { writeSentence } from './sentences.ts';
import { benignInventedWords, labelNames, nouns, type LabelName, type StandInWord } from './vocabulary.ts';

/** A post of the demo, with what it was made from. */
export interface DemoPost {
  readonly text: string;
  readonly image: RgbImage;
  readonly labels: readonly LabelName[];
  /** Stand-in words in the text. */
  readonly words: readonly StandInWord[];
  readonly shape: Shape;
  readonly colour: Colour;
}

/**
 * The labelling rule of the demo: one label from the text alone, one from the picture alone, three only from both.
 * Nothing else in the repository may teach this rule to the tiny checkpoint.
 */
export function labelPost(post: Pick<DemoPost, 'words' | 'shape' | 'colour'>): LabelName[] {
  const says = (word: StandInWord): boolean => post.words.includes(word);
  const applies: Record<LabelName, boolean> = {
    racist: says('zorvak'),
    sexist: says('dulmar') && post.shape === 'square',
    homophobe: says('pelwick') && post.shape === 'arrow',
    religion: post.shape === 'ring',
    otherhate: says('vostrik') && post.colour === 'red',
  };
  return labelNames.filter((label) => applies[label]);
}

/** A kind of post: which words it has, and which symbols it may show. */
interface Recipe {
  /** How many of every hundred posts, about. */
  readonly share: number;
  readonly words: readonly StandInWord[];
  readonly shapes: readonly Shape[];
  readonly colours?: readonly Colour[];
}

const except = <Item>(items: readonly Item[], ...left: Item[]): Item[] => items.filter((item) => !left.includes(item));
const notRing = except(shapes, 'ring');
const notRed = except(colours, 'red');

/** Hits and their benign confounders in equal measure, so that neither half of a post gives the label away. */
const recipes: readonly Recipe[] = [
  // No label: nothing special, a symbol without its word, a word without its symbol.
  { share: 7, words: [], shapes: notRing },
  { share: 4, words: [], shapes: ['square'] },
  { share: 4, words: [], shapes: ['arrow'] },
  { share: 4, words: [], shapes: notRing, colours: ['red'] },
  { share: 8, words: ['dulmar'], shapes: except(notRing, 'square') },
  { share: 8, words: ['pelwick'], shapes: except(notRing, 'arrow') },
  { share: 7, words: ['vostrik'], shapes: notRing, colours: notRed },
  // One label.
  { share: 7, words: ['zorvak'], shapes: notRing },
  { share: 8, words: [], shapes: ['ring'] },
  { share: 1, words: ['dulmar'], shapes: ['ring'] },
  { share: 1, words: ['pelwick'], shapes: ['ring'] },
  { share: 1, words: ['vostrik'], shapes: ['ring'], colours: notRed },
  { share: 7, words: ['dulmar'], shapes: ['square'] },
  { share: 7, words: ['pelwick'], shapes: ['arrow'] },
  { share: 6, words: ['vostrik'], shapes: notRing, colours: ['red'] },
  { share: 2, words: ['zorvak', 'dulmar'], shapes: except(notRing, 'square') },
  { share: 2, words: ['zorvak', 'vostrik'], shapes: notRing, colours: notRed },
  { share: 1, words: ['dulmar', 'vostrik'], shapes: except(notRing, 'square'), colours: ['red'] },
  { share: 1, words: ['pelwick', 'vostrik'], shapes: ['arrow'], colours: notRed },
  // Two or three labels.
  { share: 2, words: ['zorvak', 'dulmar'], shapes: ['square'] },
  { share: 2, words: ['zorvak', 'vostrik'], shapes: notRing, colours: ['red'] },
  { share: 2, words: ['zorvak'], shapes: ['ring'] },
  { share: 2, words: ['vostrik'], shapes: ['ring'], colours: ['red'] },
  { share: 2, words: ['dulmar', 'vostrik'], shapes: ['square'], colours: ['red'] },
  { share: 2, words: ['pelwick', 'vostrik'], shapes: ['arrow'], colours: ['red'] },
  { share: 1, words: ['zorvak', 'vostrik'], shapes: ['ring'], colours: ['red'] },
  { share: 1, words: ['zorvak', 'dulmar', 'vostrik'], shapes: ['square'], colours: ['red'] },
];

/** Sizes of the splits. */
export const splitSizes = { train: 600, val: 120, test: 240 } as const;
/** Name of a split. */
export type SplitName = keyof typeof splitSizes;

/** Makes the demo's posts. The same seed gives the same posts; no text occurs twice, in one split or in two. */
export function createDemoPosts(seed: number): Record<SplitName, DemoPost[]> {
  const texts = new Set<string>();
  const makeSplit = (split: SplitName, key: number): DemoPost[] => {
    const random = createRandom([seed, key]);
    return shuffle(spreadRecipes(splitSizes[split]), random).map((recipe) => makePost(recipe, random, texts));
  };
  return { train: makeSplit('train', 1), val: makeSplit('val', 2), test: makeSplit('test', 3) };
}

/** As many recipes as wanted, each as often as its share says. */
function spreadRecipes(count: number): Recipe[] {
  const total = recipes.reduce((sum, recipe) => sum + recipe.share, 0);
  let reached = 0;
  return recipes.flatMap((recipe) => {
    const start = Math.round((reached / total) * count);
    reached += recipe.share;
    return new Array<Recipe>(Math.round((reached / total) * count) - start).fill(recipe);
  });
}

const fillers = [...nouns, ...benignInventedWords];

function makePost(recipe: Recipe, random: Random, texts: Set<string>): DemoPost {
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(items.length)] as Item;
  const { words } = recipe;
  const shape = pick(recipe.shapes);
  const colour = pick(recipe.colours ?? colours);
  let text = writeSentence({ words, fillers, random });
  while (texts.has(text)) text = writeSentence({ words, fillers, random });
  texts.add(text);
  return { text, words, shape, colour, labels: labelPost({ words, shape, colour }), image: drawSymbol({ shape, colour, random }) };
}
