import { elementCount } from '@mmhs/core';
import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { ParameterPlace } from './messages.ts';

interface Parameter {
  readonly value: OrtTensor;
  readonly sharedGradient: Float32Array;
  readonly gradient: Float32Array;
  readonly gradientTensor: OrtTensor;
}

/**
 * The worker's side of a parameter store. onnxruntime refuses shared memory, so values are copied from the shared area
 * when they changed, and gradients into it after a run. Everything is allocated once.
 */
export class WorkerParameters {
  readonly #sharedValues: Float32Array;
  readonly #values: Float32Array;
  readonly #parameters = new Map<string, Parameter>();
  #version = -1;

  constructor(options: {
    readonly places: readonly ParameterPlace[];
    readonly values: SharedArrayBuffer;
    readonly gradients: SharedArrayBuffer;
  }) {
    this.#sharedValues = new Float32Array(options.values);
    this.#values = new Float32Array(this.#sharedValues.length);
    const gradients = new Float32Array(this.#sharedValues.length);
    const sharedGradients = new Float32Array(options.gradients);
    for (const { name, shape, offset } of options.places) {
      const end = offset + elementCount(shape);
      const gradient = gradients.subarray(offset, end);
      this.#parameters.set(name, {
        value: new OrtTensor('float32', this.#values.subarray(offset, end), shape),
        sharedGradient: sharedGradients.subarray(offset, end),
        gradient,
        gradientTensor: new OrtTensor('float32', gradient, shape),
      });
    }
  }

  /** The tensor that sessions read. */
  value(name: string): OrtTensor {
    return this.#get(name).value;
  }

  /** The tensor that a run writes a gradient into. */
  gradient(name: string): OrtTensor {
    return this.#get(name).gradientTensor;
  }

  /** Copies the values from the shared area unless this version has been copied already. */
  synchronize(version: number): void {
    if (version === this.#version) return;
    this.#values.set(this.#sharedValues);
    this.#version = version;
  }

  /** Writes or adds the last run's gradients into the shared area. */
  publishGradients(names: readonly string[], mode: 'write' | 'add'): void {
    for (const name of names) {
      const { gradient, sharedGradient } = this.#get(name);
      if (mode === 'write') sharedGradient.set(gradient);
      else addInto(sharedGradient, gradient);
    }
  }

  #get(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) throw new Error(`no parameter ${name}`);
    return parameter;
  }
}

function addInto(sum: Float32Array, addend: Float32Array): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (addend[i] as number);
}
