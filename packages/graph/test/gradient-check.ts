import type { TrainableTensors } from '@mmhs/core';
import { expect } from 'vitest';

import { gradients } from '../src/differentiation/gradient.ts';
import { Graph, type Value } from '../src/graph.ts';
import { mul } from '../src/operators/elementwise.ts';
import { reduceSum } from '../src/operators/reduce.ts';
import { reshape } from '../src/operators/shape.ts';
import { array64, type Array64 } from './array64.ts';
import { interpreter, type Feeds } from './interpreter.ts';
import { seededRandom, uniform, type Random } from './random.ts';

/** Largest difference allowed, relative to the tensor's largest gradient. Constants are stored as float32 (6e-8). */
const tolerance = 1e-6;
const step = 1e-4;
/** Elements tried per tensor; the rest of a large one is left to other random cases. */
const elementsTried = 10;

/**
 * Checks gradients() of a random weighted sum of what `build` returns against central differences in double precision, by
 * every float input and every parameter.
 */
export function expectGradients(options: {
  /** Adds the operator or layer under test and declares its inputs. */
  readonly build: (graph: Graph) => Value;
  /** Numbers of the inputs. Weights and parameters get random ones. */
  readonly feeds: Feeds;
  readonly trainable?: TrainableTensors;
  /** Float inputs that are not differentiable (masks, random numbers). */
  readonly fixed?: readonly string[];
  readonly seed: number;
}): void {
  const random = seededRandom(options.seed);
  const graph = new Graph(options.trainable === undefined ? {} : { trainable: options.trainable });
  const output = options.build(graph);
  const loss = weightedSum(output);
  const inputs = [...graph.inputs.values()].filter(({ name, type }) =>
    type === 'float32' && name !== lossWeights && !(options.fixed ?? []).includes(name));
  const by = [...inputs, ...graph.parameters.values()];
  const byValue = gradients(loss, by);
  const feeds = completeFeeds(graph, options.feeds, output, random);
  const lossOf = (changed: Feeds): number => interpret(changed)[0]!.data[0]!;
  const interpret = interpreter(graph, [loss]);
  const analytic = interpreter(graph, by.map((value) => byValue.get(value)!))(feeds);
  by.forEach((value, index) => {
    expect(analytic[index]!.shape, `shape of the gradient by ${value.name}`).toEqual(feeds[value.name]!.shape);
    compare(value.name, analytic[index]!, feeds, lossOf, random);
  });
}

const lossWeights = 'loss_weights';

/** The sum of all elements, each with a weight of its own. */
export function weightedSum(output: Value): Value {
  const weighted = mul(output, output.graph.input(lossWeights, 'float32', output.shape));
  return reshape(reduceSum(weighted, output.shape.map((_, axis) => axis)), []);
}

function completeFeeds(graph: Graph, given: Feeds, output: Value, random: Random): Feeds {
  const weights = [...graph.weights.values(), ...graph.parameters.values()];
  const made = weights.map(({ name, shape }) => [name, uniform(random, shape as number[])] as const);
  const feeds = { ...Object.fromEntries(made), ...given };
  const [computed] = interpreter(graph, [output])(feeds);
  return { ...feeds, [lossWeights]: uniform(random, computed!.shape) };
}

function compare(name: string, analytic: Array64, feeds: Feeds, lossOf: (feeds: Feeds) => number, random: Random): void {
  const at = chooseElements(analytic.data.length, random);
  const numeric = at.map((index) => derivative((shift) => lossOf({ ...feeds, [name]: shifted(feeds[name]!, index, shift) })));
  const scale = Math.max(...numeric.map(Math.abs), ...analytic.data.map(Math.abs), 1e-3);
  at.forEach((index, place) => {
    const error = Math.abs(analytic.data[index]! - numeric[place]!) / scale;
    expect(error, `gradient by ${name}[${index}]: ${analytic.data[index]}, central difference ${numeric[place]}`)
      .toBeLessThan(tolerance);
  });
}

/** Fourth-order central difference. */
function derivative(f: (shift: number) => number): number {
  return (8 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12 * step);
}

function shifted(x: Array64, index: number, shift: number): Array64 {
  return array64(x.shape, x.data.map((value, place) => (place === index ? value + shift : value)));
}

function chooseElements(count: number, random: Random): number[] {
  if (count <= elementsTried) return Array.from({ length: count }, (_, index) => index);
  return [...new Set(Array.from({ length: elementsTried }, () => Math.floor(random() * count)))];
}
