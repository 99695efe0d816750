export { createTokenizer } from './tokenizer.ts';
