import { backpropagate } from '../differentiation/gradient.ts';
import type { TapeEntry, Value } from '../graph.ts';
import { where } from '../operators/elementwise.ts';
import { reduceSum } from '../operators/reduce.ts';

/**
 * Layers one after the other, each from rows to rows; only the last may give fewer of them.
 *
 * In a graph that recomputes layers, the backward pass keeps only what enters each layer and computes the layer again when
 * its gradient is due (gradient checkpointing, Chen et al. 2016, https://arxiv.org/abs/1604.06174).
 */
export function layerStack(x: Value, layers: number, build: (rows: Value, index: number) => Value): Value {
  let rows = x;
  for (let index = 0; index < layers; index++) {
    rows = x.graph.isRecording && x.graph.recomputesLayers ? recomputed(rows, (input) => build(input, index)) : build(rows, index);
  }
  return rows;
}

function recomputed(x: Value, build: (x: Value) => Value): Value {
  const { graph } = x;
  const { precision } = graph;
  const firstSite = graph.dropoutSize.sites;
  const { result: y, tape } = graph.recordSeparately(() => build(x));
  const others = outerInputs(tape, x);
  graph.record({
    inputs: [x, ...others],
    outputs: [y],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      const start = onceKnown(gradient, x);
      const again = graph.withPrecision(precision, () =>
        graph.repeatingDropout(firstSite, () => graph.recordSeparately(() => build(start))));
      const inputs = [start, ...others];
      const found = backpropagate({
        graph, tape: again.tape, from: again.result, gradient, by: inputs.filter((_, index) => wanted[index]),
      });
      return inputs.map((input) => found.get(input));
    },
  });
  return y;
}

/** What the steps of a tape read besides `x` and what they make themselves: parameters, and values all layers share. */
function outerInputs(tape: readonly TapeEntry[], x: Value): Value[] {
  const known = new Set([x.name]);
  const outer: Value[] = [];
  for (const { inputs, outputs } of tape) {
    for (const input of inputs) {
      if (!known.has(input.name)) outer.push(input);
      known.add(input.name);
    }
    for (const output of outputs) known.add(output.name);
  }
  return outer;
}

/**
 * `x`, but not before `gradient` is known: otherwise onnxruntime would run the second computation right after the first, or
 * merge the two, and keep everything.
 */
function onceKnown(gradient: Value, x: Value): Value {
  const never = x.graph.constant('bool', [1], [0]);
  return x.graph.withoutRecording(() => where(never, reduceSum(gradient, [0, 1]), x));
}
