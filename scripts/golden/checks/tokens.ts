import { existsSync } from 'node:fs';
import type { ProcessedImage } from '@mmhs/core';
import { buildPrompt, writeLabels } from '@mmhs/prompts';

import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import type { Reporter } from '../reporter.ts';
import { preprocessSchema, tokensSchema, type ImageInfo, type PreprocessFile } from '../schemas.ts';
import { imageTokensOf } from './preprocess.ts';

/** Tokenises prompts and targets, literally as the packages do and as the plain strings that Hugging Face would see. */
export async function checkTokens(under: ModelUnderTest, reporter: Reporter): Promise<void> {
  const file = await readJson(under.path('tokens.json'), tokensSchema);
  const preprocess = await readPreprocess(under);
  const { tokenizer } = under.checkpoint;
  reporter.exact(`${under.name} tokens: end token`, tokenizer.specialId(file.end_token), file.end_id);
  // Pairs of a text and what decoding its tokens gives.
  for (let index = 0; index + 1 < file.decode_round_trips.length; index += 2) {
    const [text = '', decoded] = file.decode_round_trips.slice(index, index + 2);
    reporter.exact(`${under.name} tokens: round trip ${JSON.stringify(text)}`, tokenizer.decode(tokenizer.encode(text)), decoded);
  }
  for (const expected of file.samples) {
    const line = `${under.name} tokens "${expected.case}"`;
    await reporter.group(line, async () => {
      const prompt = buildPrompt({ labelSet: expected.class_names });
      const target = writeLabels(expected.labels, prompt.labelSet);
      reporter.exact(`${line}: answer`, target, expected.answer);
      const image = await imageLike(under, preprocess, expected.image_info);
      const encoded = under.processor().encodePost({ prompt, text: expected.text, image, target });
      const { promptLength, inputIds } = encoded;
      const targetIds = inputIds.slice(promptLength);
      reporter.exact(`${line}: literal prompt`, inputIds.slice(0, promptLength), expected.literal.prompt_ids);
      reporter.exact(`${line}: literal target`, targetIds, expected.literal.target_ids);
      reporter.exact(`${line}: decoded target`, tokenizer.decode([...targetIds]), expected.decoded_target);
      const plain = expected.plain === 'same as literal' ? expected.literal : expected.plain;
      const parse = { specialTokens: 'parse' } as const;
      reporter.exact(`${line}: plain prompt`, tokenizer.encode(expected.prompt_text, parse), plain.prompt_ids);
      reporter.exact(`${line}: plain target`, tokenizer.encode(expected.target_text, parse), plain.target_ids);
    });
  }
}

async function readPreprocess(under: ModelUnderTest): Promise<Pick<PreprocessFile, 'settings' | 'cases'>> {
  const path = under.path('preprocess.json');
  return existsSync(path) ? readJson(path, preprocessSchema) : { settings: {}, cases: [] };
}

/** A processed picture that lies in the prompt as the case says: one of the pool, or its layout alone. */
async function imageLike(
  under: ModelUnderTest, preprocess: Pick<PreprocessFile, 'settings' | 'cases'>, info: ImageInfo,
): Promise<ProcessedImage> {
  const wanted = Object.entries(info);
  const found = preprocess.cases.find((entry) =>
    wanted.every(([key, value]) => JSON.stringify(entry[key as keyof ImageInfo]) === JSON.stringify(value)));
  if (found === undefined) return { tensors: {}, featureRows: imageTokensOf(info), layout: layoutOf(info) };
  return under.processor(preprocess.settings[found.setting]).processImage(await under.pictures.get(found.image));
}

/** The layout in the packages' words. */
function layoutOf({ grid_thw: grid, ...info }: ImageInfo): unknown {
  return grid === undefined ? info : { gridHeight: grid[1], gridWidth: grid[2] };
}
