import { MmhsError } from '../errors.ts';
import type { ProcessedImage } from '../family.ts';
import type { FloatTensor } from '../tensor.ts';

/**
 * The `pixel_values` of several pictures one after the other, joined along their first axis.
 *
 * @throws MmhsError `MMHS_IMAGE_LAYOUT` for a picture that has none of this type.
 */
export function batchPixels(images: readonly ProcessedImage[]): FloatTensor {
  const parts = images.map(pixelsOf);
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  const count = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { type: 'float32', shape: [count, ...(parts[0]?.shape.slice(1) ?? [])], data };
}

function pixelsOf({ tensors }: ProcessedImage): FloatTensor {
  const pixels = tensors['pixel_values'];
  if (pixels?.type === 'float32') return pixels;
  throw new MmhsError('MMHS_IMAGE_LAYOUT', 'The picture was not processed for this model', {
    got: pixels === undefined ? 'no pixel_values' : `pixel_values of type ${pixels.type}`,
    expected: "float32 pixel_values, a result of the model's processor",
  });
}
