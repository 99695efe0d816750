import { array64 } from '../array64.ts';
import { attribute, type Kernel } from './kernel.ts';

/**
 * softmax(q k^T scale) v in every head of `[batch, length, heads * d]`, written out index by index. Keys whose mask
 * `[batch, length]` is 0 are left out.
 */
const multiHeadAttention: Kernel = ([query, key, value, mask], node) => {
  const [batches, length, width] = query!.shape as [number, number, number];
  const heads = attribute(node, 'num_heads', 1);
  const size = width / heads;
  const scale = attribute(node, 'scale', 1 / Math.sqrt(size));
  const output = new Float64Array(query!.data.length);
  const place = (batch: number, row: number, head: number): number => (batch * length + row) * width + head * size;
  for (let batch = 0; batch < batches; batch++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < length; row++) {
        const scores = Array.from({ length }, (_, column) => {
          let sum = 0;
          for (let inner = 0; inner < size; inner++) {
            sum += query!.data[place(batch, row, head) + inner]! * key!.data[place(batch, column, head) + inner]!;
          }
          return mask?.data[batch * length + column] === 0 ? 0 : Math.exp(scale * sum);
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        scores.forEach((score, column) => {
          for (let inner = 0; inner < size; inner++) {
            output[place(batch, row, head) + inner]! += (score / total) * value!.data[place(batch, column, head) + inner]!;
          }
        });
      }
    }
  }
  return [array64(query!.shape, output)];
};

/** Attention operators. */
export const attentionKernels: Readonly<Record<string, Kernel>> = {
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
};
