import { MmhsError } from '@mmhs/core';

/** Settings of {@link createAdamW}; the defaults are those of `torch.optim.AdamW`, except no weight decay. */
export interface AdamWSettings {
  /** Decay of the running mean of gradients, 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients, 0.999. */
  readonly beta2?: number;
  /** Added to the denominator after bias correction, 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay on every parameter, 0. */
  readonly weightDecay?: number;
}

/** What an update needs besides its settings: everything to continue bit for bit. */
export interface AdamWState {
  /** Updates done. */
  readonly step: number;
  /** Running means of the gradients, by parameter. */
  readonly expAvg: ReadonlyMap<string, Float32Array>;
  /** Running means of the squared gradients, by parameter. */
  readonly expAvgSq: ReadonlyMap<string, Float32Array>;
}

/** An AdamW optimiser bound to a set of parameter arrays. */
export interface AdamW {
  /**
   * Updates all parameters in place from their gradients.
   *
   * Works in slices of a few milliseconds and lets the event loop run between them. It cannot be aborted: half an update
   * is no state to be in.
   *
   * @param options.gradients by parameter name, as long as the parameter
   * @param options.gradientScale factor on all gradients, such as the clipping coefficient; 1 by default
   * @throws MmhsError `MMHS_TRAINER_GRADIENTS` before anything changes when a gradient is missing or has another length.
   */
  update(options: {
    readonly gradients: ReadonlyMap<string, Float32Array>;
    readonly learningRate: number;
    readonly gradientScale?: number;
  }): Promise<void>;
  /** The live state: the arrays are the optimiser's own and change with the next update. */
  state(): AdamWState;
}

/**
 * Makes an AdamW optimiser that computes what `torch.optim.AdamW` computes.
 *
 * Each new value is computed in double precision and rounded once, where PyTorch rounds every operation to float32: the
 * two agree to the last bits of float32. (In JavaScript float32 arithmetic is also half as fast.)
 *
 * @param options.parameters arrays that `update` changes in place, by name
 * @param options.state where to continue; its arrays are copied
 * @throws MmhsError `MMHS_TRAINER_OPTIMIZER_STATE` when the state does not fit the parameters.
 */
export function createAdamW(options: {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly settings?: AdamWSettings;
  readonly state?: AdamWState;
}): AdamW {
  const { parameters, settings = {}, state } = options;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = settings;
  const expAvg = copyMoments(parameters, state?.expAvg, 'exp_avg');
  const expAvgSq = copyMoments(parameters, state?.expAvgSq, 'exp_avg_sq');
  let step = state?.step ?? 0;

  return {
    async update({ gradients, learningRate, gradientScale = 1 }) {
      checkGradients(parameters, gradients);
      step += 1;
      const factors: AdamWFactors = {
        gradientScale: Math.fround(gradientScale),
        decay: Math.fround(1 - learningRate * weightDecay),
        mixing1: Math.fround(1 - beta1),
        beta2: Math.fround(beta2),
        mixing2: Math.fround(1 - beta2),
        scale2: 1 / Math.sqrt(1 - beta2 ** step),
        epsilon,
        stepSize: -learningRate / (1 - beta1 ** step),
      };
      const pause = createPause();
      for (const [name, parameter] of parameters) {
        const arrays: AdamWArrays = {
          parameter,
          gradient: gradients.get(name) as Float32Array,
          expAvg: expAvg.get(name) as Float32Array,
          expAvgSq: expAvgSq.get(name) as Float32Array,
        };
        for (let start = 0; start < parameter.length; start += sliceLength) {
          updateSlice(arrays, factors, start, Math.min(start + sliceLength, parameter.length));
          await pause();
        }
      }
    },
    state: () => ({ step, expAvg, expAvgSq }),
  };
}

/** Elements updated without a look at the clock: well under a millisecond. */
const sliceLength = 32_768;
/** Milliseconds of work after which the event loop gets its turn. */
const turnLength = 8;

/** Scalars of one update; those that PyTorch applies by themselves are rounded to float32 as it does. */
interface AdamWFactors {
  readonly gradientScale: number;
  readonly decay: number;
  readonly mixing1: number;
  readonly beta2: number;
  readonly mixing2: number;
  readonly scale2: number;
  readonly epsilon: number;
  readonly stepSize: number;
}

interface AdamWArrays {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly expAvg: Float32Array;
  readonly expAvgSq: Float32Array;
}

/** The formula of `torch.optim.adam`, in double precision and rounded once where a result is stored. */
function updateSlice(arrays: AdamWArrays, factors: AdamWFactors, start: number, end: number): void {
  const { parameter, gradient, expAvg, expAvgSq } = arrays;
  const { gradientScale, decay, mixing1, beta2, mixing2, scale2, epsilon, stepSize } = factors;
  for (let index = start; index < end; index += 1) {
    const scaled = (gradient[index] as number) * gradientScale;
    const oldMean = expAvg[index] as number;
    const mean = oldMean + mixing1 * (scaled - oldMean);
    const square = (expAvgSq[index] as number) * beta2 + mixing2 * scaled * scaled;
    expAvg[index] = mean;
    expAvgSq[index] = square;
    parameter[index] = (parameter[index] as number) * decay + (stepSize * mean) / (Math.sqrt(square) * scale2 + epsilon);
  }
}

/** A function that resolves at once, or in the event loop's next turn when this one has lasted long enough. */
function createPause(): () => Promise<void> | undefined {
  let started = performance.now();
  return () => {
    if (performance.now() - started < turnLength) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        started = performance.now();
        resolve();
      });
    });
  };
}

function copyMoments(
  parameters: ReadonlyMap<string, Float32Array>,
  saved: ReadonlyMap<string, Float32Array> | undefined,
  what: string,
): Map<string, Float32Array> {
  return new Map(
    Array.from(parameters, ([name, { length }]) => {
      if (saved === undefined) return [name, new Float32Array(length)] as const;
      const values = saved.get(name);
      if (values?.length === length) return [name, Float32Array.from(values)] as const;
      throw new MmhsError('MMHS_TRAINER_OPTIMIZER_STATE', 'The optimiser state does not fit the trained parameters', {
        where: `${what}.${name}`,
        got: values === undefined ? 'nothing' : `${values.length} values`,
        expected: `${length} values`,
        fix: 'resume with the LoRA settings the run was started with',
      });
    }),
  );
}

function checkGradients(parameters: ReadonlyMap<string, Float32Array>, gradients: ReadonlyMap<string, Float32Array>): void {
  for (const [name, { length }] of parameters) {
    const gradient = gradients.get(name);
    if (gradient?.length === length) continue;
    throw new MmhsError('MMHS_TRAINER_GRADIENTS', 'A gradient does not fit its parameter', {
      where: name,
      got: gradient === undefined ? 'no gradient' : `${gradient.length} values`,
      expected: `${length} values`,
    });
  }
}
