/** What clipping does to one update. */
export interface GradientClip {
  /** Euclidean norm of all gradients as one vector, before clipping. */
  readonly norm: number;
  /** Factor on every gradient: 1, or less when the norm exceeds the limit. */
  readonly scale: number;
}

/**
 * Measures the gradients and decides the factor that clips them, as `torch.nn.utils.clip_grad_norm_` does:
 * `min(1, maxNorm / (norm + 1e-6))`. The gradients stay as they are; hand `scale` to the optimiser.
 *
 * Squares are summed in double precision. A norm that is not finite gives a scale that is not finite or 0; check it.
 *
 * @param options.maxNorm limit; `Infinity` or undefined for none
 */
export function clipGradients(options: { readonly gradients: Iterable<Float32Array>; readonly maxNorm?: number | undefined }): GradientClip {
  const { gradients, maxNorm = Infinity } = options;
  let total = 0;
  for (const gradient of gradients) total += sumOfSquares(gradient);
  const norm = Math.sqrt(total);
  if (maxNorm === Infinity) return { norm, scale: 1 };
  // Math.min would turn NaN into NaN as well, which is wanted: a broken gradient must not pass as a small one.
  return { norm, scale: Math.min(1, maxNorm / (norm + 1e-6)) };
}

/** Four partial sums, so that the additions need not wait for each other. */
function sumOfSquares(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let index = 0; index < whole; index += 4) {
    a += (values[index] as number) ** 2;
    b += (values[index + 1] as number) ** 2;
    c += (values[index + 2] as number) ** 2;
    d += (values[index + 3] as number) ** 2;
  }
  for (let index = whole; index < values.length; index += 1) a += (values[index] as number) ** 2;
  return a + b + (c + d);
}
