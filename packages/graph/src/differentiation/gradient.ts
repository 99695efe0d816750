import { multiplyDimensions } from '../dimension.ts';
import type { Graph, TapeEntry, Value } from '../graph.ts';
import { add } from '../operators/elementwise.ts';
import { expand } from '../operators/shape.ts';

/**
 * Reverse-mode differentiation: adds to the graph what computes the gradient of a scalar by each of `by`.
 *
 * Steps that no wanted value feeds get no backward pass, so nothing below the lowest trained layer is differentiated.
 * A value the loss does not depend on is missing from the result.
 *
 * @throws MmhsError `MMHS_GRAPH_SHAPE` when the loss has more than one element.
 */
export function gradients(loss: Value, by: Iterable<Value>): Map<Value, Value> {
  const { graph } = loss;
  if (multiplyDimensions(...loss.shape) !== 1) graph.shapeError('gradients', 'a loss of one element is needed', loss);
  return graph.withoutRecording(() =>
    backpropagate({ graph, tape: graph.tape, from: loss, gradient: expand(graph.scalar(1), loss.shape), by: [...by] }));
}

/** Walks a tape back from the gradient by `from` to the gradients by each of `by`. */
export function backpropagate(options: {
  readonly graph: Graph;
  readonly tape: readonly TapeEntry[];
  readonly from: Value;
  readonly gradient: Value;
  readonly by: readonly Value[];
}): Map<Value, Value> {
  const { graph, tape, from, gradient: start, by } = options;
  const dependent = dependents(tape, by);
  /** Gradient so far by value name. */
  const accumulated = new Map([[from.name, start]]);
  for (const entry of tape.toReversed()) {
    const outputGradients = entry.outputs.map((output) => accumulated.get(output.name));
    if (!outputGradients.some((gradient) => gradient !== undefined)) continue;
    const wantedInputs = entry.inputs.map((input) => dependent.has(input.name));
    if (!wantedInputs.includes(true)) continue;
    const inputGradients = graph.scope(`gradient of ${entry.scope}`, () =>
      entry.vjp({ outputGradients, wanted: wantedInputs }),
    );
    entry.inputs.forEach((input, index) => {
      const gradient = inputGradients[index];
      if (gradient === undefined || !dependent.has(input.name)) return;
      const before = accumulated.get(input.name);
      accumulated.set(input.name, before === undefined ? gradient : add(before, gradient));
    });
  }
  const result = new Map<Value, Value>();
  for (const value of by) {
    const gradient = accumulated.get(value.name);
    if (gradient !== undefined) result.set(value, gradient);
  }
  return result;
}

/** Names of every value that depends on one of `sources`, the sources included. */
function dependents(tape: readonly TapeEntry[], sources: readonly Value[]): ReadonlySet<string> {
  const dependent = new Set(sources.map((source) => source.name));
  for (const entry of tape) {
    if (entry.inputs.some((input) => dependent.has(input.name))) {
      for (const output of entry.outputs) dependent.add(output.name);
    }
  }
  return dependent;
}
