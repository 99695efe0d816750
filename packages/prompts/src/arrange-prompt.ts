import type { Prompt } from './build-prompt.ts';
import { delimitText } from './delimit-text.ts';

/** A piece of a message: text, or the place of the picture. */
export type PromptPart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image' };

/** A turn of a chat; a prompt without turns is one user message. */
export interface PromptMessage {
  readonly role: 'system' | 'user';
  readonly content: readonly PromptPart[];
}

/** In what order a model family wants instructions, picture and text. */
export interface PromptLayout {
  /** Turns of a chat, or everything in one prefix for models that know no turns. */
  readonly kind: 'chat' | 'prefix';
  /** What comes first in the user's turn. */
  readonly first: 'image' | 'text';
}

/** The layouts of the three families that mmhs trains, which are those of their reference processors. */
export const promptLayouts = {
  /** Qwen2-VL: a system turn, then the post's text and its picture. */
  qwen: { kind: 'chat', first: 'text' },
  /** SmolVLM and SmolVLM2: a system turn, then the picture and the post's text. */
  smol: { kind: 'chat', first: 'image' },
  /** PaliGemma: the picture, then instructions and text in one line of headings. */
  paligemma: { kind: 'prefix', first: 'image' },
} as const satisfies Readonly<Record<string, PromptLayout>>;

/** What {@link arrangePrompt} puts in order. */
export interface ArrangePromptOptions {
  readonly prompt: Pick<Prompt, 'system' | 'userText'>;
  readonly layout: PromptLayout;
  /** The post's text; blank text is left out. */
  readonly text: string;
  /** Whether the post has a picture. */
  readonly hasImage: boolean;
}

/**
 * Puts instructions, picture and text into messages, in the form that chat templates take.
 *
 * For those who bring their own model runner; the families of mmhs tokenise these pieces themselves. A runner must tokenise
 * the text literally, or the name of a special token in a post becomes that token.
 *
 * @example
 * arrangePrompt({ prompt, layout: promptLayouts.smol, text: 'a post', hasImage: true })[1];
 * // { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'a post' }] }
 */
export function arrangePrompt({ prompt, layout, text, hasImage }: ArrangePromptOptions): PromptMessage[] {
  const post = text.trim() === '' ? '' : prompt.userText === 'delimited' ? delimitText(text) : text;
  const image: PromptPart[] = hasImage ? [{ type: 'image' }] : [];
  if (layout.kind === 'prefix') {
    const user = post === '' ? '' : `\n\nUser:\n${post}`;
    const line: PromptPart = { type: 'text', text: `\n\n${prompt.system}${user}\n\nAssistant:` };
    return [{ role: 'user', content: layout.first === 'image' ? [...image, line] : [line, ...image] }];
  }
  const words: PromptPart[] = post === '' ? [] : [{ type: 'text', text: post }];
  return [
    { role: 'system', content: [{ type: 'text', text: prompt.system }] },
    { role: 'user', content: layout.first === 'image' ? [...image, ...words] : [...words, ...image] },
  ];
}
