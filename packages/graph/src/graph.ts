import {
  MmhsError, type Dimension, type ElementType, type LinearPrecision, type QuantizedWeight, type TensorSpec, type TrainableTensors,
} from '@mmhs/core';

import { constantBytes, type ConstantType } from './constant-bytes.ts';
import { equalShapes, exactQuotient, formatShape, type Shape } from './dimension.ts';
import type { Attribute, Constant, Node, TapeEntry, Value } from './graph-parts.ts';
import { runTimeSize } from './run-time-size.ts';

export type { Attribute, Constant, Node, TapeEntry, Value, Vjp, VjpContext } from './graph-parts.ts';

const nothingTrainable: TrainableTensors = { adapters: new Map(), full: new Set() };

/**
 * An ONNX graph under construction, and the tape of its differentiable steps.
 *
 * Operators are functions in `operators/`; they add nodes here. Weights and parameters become inputs, so that all
 * graphs of a process share one copy of the base weights.
 */
export class Graph {
  readonly trainable: TrainableTensors;
  /** Whether layers of a stack are computed again in the backward pass instead of being kept (gradient checkpointing). */
  readonly recomputesLayers: boolean;
  readonly inputs = new Map<string, Value>();
  readonly weights = new Map<string, Value>();
  readonly parameters = new Map<string, Value>();
  /** Weights in fewer bits, by the checkpoint tensor they are made of. */
  readonly quantizedWeights = new Map<string, QuantizedWeight>();
  readonly constants = new Map<string, Constant>();
  readonly outputs = new Map<string, Value>();
  readonly nodes: Node[] = [];
  /** Linear layers by module path, as they were added: what an adapter can be put on. */
  readonly linears = new Map<string, { readonly inFeatures: number; readonly outFeatures: number }>();
  /** Number of dropout sites so far and the widest of them; each site gets its own row of random numbers. */
  readonly dropoutSize = { sites: 0, width: 0 };
  /** Values that stand in for inputs, by the input's name. */
  private readonly bound = new Map<string, Value>();
  /** Computed values whose axes' sizes can be read. */
  private readonly measured: Value[] = [];
  /** What values were before they were reshaped, by name. */
  private readonly reshaped = new Map<string, Value>();
  private readonly memo = new Map<string, Value>();
  private readonly scopes: string[] = [];
  private valueCount = 0;
  private recording = true;
  private currentPrecision: LinearPrecision;
  private currentTape: TapeEntry[] = [];

  constructor(options: { readonly trainable?: TrainableTensors; readonly recomputesLayers?: boolean; readonly precision?: LinearPrecision } = {}) {
    this.trainable = options.trainable ?? nothingTrainable;
    this.recomputesLayers = options.recomputesLayers ?? false;
    this.currentPrecision = options.precision ?? 'float32';
  }

  /** Declares a tensor fed at each run; asking again for the same name gives the same value. */
  input(name: string, type: ElementType, shape: Shape): Value {
    const bound = this.bound.get(name);
    if (bound === undefined) return this.declare(this.inputs, name, type, shape);
    // Its axes get the names under which the input is asked for.
    if (bound.type !== type || !mayBeEqual(bound.shape, shape)) this.shapeError('input', `${type}${formatShape(shape)} is needed`, bound);
    return this.measure(bound, shape);
  }

  /** Makes later calls of {@link input} for a name give a computed value instead, so that it is not fed. */
  bindInput(name: string, value: Value): void {
    this.bound.set(name, value);
  }

  /** {@link relabel}, after which the sizes of the axes can be read by their new names, as those of inputs can. */
  measure(value: Value, shape: Shape): Value {
    const measured = this.relabel(value, shape);
    this.measured.push(measured);
    return measured;
  }

  /** Declares a float32 checkpoint tensor: frozen, or a parameter when `trainable.full` names it. */
  weight(name: string, shape: Shape): Value {
    return this.declare(this.trainable.full.has(name) ? this.parameters : this.weights, name, 'float32', shape);
  }

  /** Declares a checkpoint tensor `[out, in]` in fewer bits: its small integers and their scales. */
  quantizedWeight(weight: Omit<QuantizedWeight, 'values' | 'scales'>, shapes: {
    readonly values: { readonly type: ElementType; readonly shape: Shape };
    readonly scales: Shape;
  }): { readonly values: Value; readonly scales: Value } {
    const name = `${weight.source}.${weight.precision}`;
    const values: Value = { graph: this, name: `${name}.values`, ...shapes.values };
    const scales: Value = { graph: this, name: `${name}.scales`, type: 'float32', shape: shapes.scales };
    this.quantizedWeights.set(weight.source, { ...weight, values: specOf(values.name, values), scales: specOf(scales.name, scales) });
    return { values, scales };
  }

  /** Declares a float32 trained tensor. */
  parameter(name: string, shape: Shape): Value {
    return this.declare(this.parameters, name, 'float32', shape);
  }

  /** Marks a value as an output under a name of its own. */
  output(name: string, value: Value): void {
    this.outputs.set(name, value);
  }

  /** A constant; equal constants are stored once. */
  constant(type: ConstantType, shape: readonly number[], numbers: readonly number[]): Value {
    const key = `${type}:${shape.join(',')}:${numbers.join(',')}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known.value;
    const value = this.value(type, shape, 'constant');
    this.constants.set(key, { value, bytes: constantBytes(type, numbers) });
    return value;
  }

  /** A float32 scalar constant. */
  scalar(number: number): Value {
    return this.constant('float32', [], [number]);
  }

  /** A one-dimensional int64 constant. */
  integers(numbers: readonly number[]): Value {
    return this.constant('int64', [numbers.length], numbers);
  }

  /** The run-time sizes of a symbolic shape as an int64 vector, computed once however often it is asked for. */
  shapeTensor(shape: Shape): Value {
    if (shape.every((dimension) => typeof dimension === 'number')) return this.integers(shape as readonly number[]);
    return this.memoized(`shape:${formatShape(shape)}`, () => {
      const readable = [...this.inputs.values(), ...this.measured];
      const sizes = shape.map((dimension) => runTimeSize(this, dimension, readable));
      return this.add('Concat', sizes, { axis: 0 }, [{ type: 'int64', shape: [shape.length] }])[0];
    });
  }

  /** Adds a node whose results are not differentiable unless a tape entry says how. */
  add<Outputs extends readonly { readonly type: ElementType; readonly shape: Shape }[]>(
    type: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly [...Outputs],
    domain = '',
  ): { readonly [Index in keyof Outputs]: Value } {
    const values = outputs.map((output) => this.value(output.type, output.shape, type));
    this.nodes.push({ type, domain, inputs, outputs: values, attributes, scope: this.currentScope });
    return values as { readonly [Index in keyof Outputs]: Value };
  }

  /** The differentiable steps so far. */
  get tape(): readonly TapeEntry[] {
    return this.currentTape;
  }

  /** Whether steps are put on the tape: false in forward-only graphs and inside larger steps. */
  get isRecording(): boolean {
    return this.recording;
  }

  /** Puts a differentiable step on the tape, unless inside another step's forward. */
  record(entry: Omit<TapeEntry, 'scope'>): void {
    if (this.recording) this.currentTape.push({ ...entry, scope: this.currentScope });
  }

  /** The same tensor under another name for its axes, where the caller knows that the sizes are equal. */
  relabel(value: Value, shape: Shape): Value {
    return { ...value, shape };
  }

  /** Remembers that a value is another one in a new shape. */
  noteReshape(value: Value, source: Value): void {
    this.reshaped.set(value.name, source);
  }

  /** The value that was reshaped to this one, so that it can be reshaped from there; the value itself where none was. */
  reshapedFrom(value: Value): Value {
    return this.reshaped.get(value.name) ?? value;
  }

  /** Runs `build` without recording: its nodes belong to one larger step, or to a gradient. */
  withoutRecording<Result>(build: () => Result): Result {
    const before = this.recording;
    this.recording = false;
    try {
      return build();
    } finally {
      this.recording = before;
    }
  }

  /** Runs `build` recording on a tape of its own, even within a gradient: its steps make up one larger step. */
  recordSeparately<Result>(build: () => Result): { readonly result: Result; readonly tape: readonly TapeEntry[] } {
    const before = { recording: this.recording, tape: this.currentTape };
    this.recording = true;
    this.currentTape = [];
    try {
      return { result: build(), tape: this.currentTape };
    } finally {
      this.recording = before.recording;
      this.currentTape = before.tape;
    }
  }

  /** Runs `build`, whose dropout sites are those from number `site` on: the second time that a layer is computed. */
  repeatingDropout<Result>(site: number, build: () => Result): Result {
    const { sites } = this.dropoutSize;
    this.dropoutSize.sites = site;
    try {
      return build();
    } finally {
      this.dropoutSize.sites = sites;
    }
  }

  /** How frozen linears are computed that are added now. */
  get precision(): LinearPrecision {
    return this.currentPrecision;
  }

  /** Runs `build` with frozen linears computed in a precision of their own. */
  withPrecision<Result>(precision: LinearPrecision, build: () => Result): Result {
    const before = this.currentPrecision;
    this.currentPrecision = precision;
    try {
      return build();
    } finally {
      this.currentPrecision = before;
    }
  }

  /** Runs `build` inside a named layer; shape errors and node names carry the name. */
  scope<Result>(name: string, build: () => Result): Result {
    this.scopes.push(name);
    try {
      return build();
    } finally {
      this.scopes.pop();
    }
  }

  /** Name of the layer under construction, `''` outside of one. */
  get currentScope(): string {
    return this.scopes.at(-1) ?? '';
  }

  /** Number of a new dropout site on rows of `width`. */
  nextDropoutSite(width: number): number {
    this.dropoutSize.width = Math.max(this.dropoutSize.width, width);
    return this.dropoutSize.sites++;
  }

  /** Throws the error for shapes that do not fit, naming the layer and the shapes. */
  shapeError(operator: string, problem: string, ...values: readonly Value[]): never {
    throw new MmhsError('MMHS_GRAPH_SHAPE', `${operator}: ${problem}`, {
      where: this.place,
      got: values.map((value) => `${value.name} ${value.type}${formatShape(value.shape)}`).join(' and '),
    });
  }

  /** How many groups of `size` rows a value has; a shape error where rows are left over. */
  groupsOf(value: Value, size: Dimension): Dimension {
    return exactQuotient(value.shape[0] ?? 0, size) ?? this.shapeError('rows', `no whole groups of ${size}`, value);
  }

  private declare(table: Map<string, Value>, name: string, type: ElementType, shape: Shape): Value {
    const known = table.get(name);
    if (known === undefined) {
      const value: Value = { graph: this, name, type, shape };
      table.set(name, value);
      return value;
    }
    if (known.type !== type || !equalShapes(known.shape, shape)) {
      throw new MmhsError('MMHS_GRAPH_SHAPE', `${name} is declared twice with different types`, {
        where: this.place,
        got: `${type}${formatShape(shape)}`,
        expected: `${known.type}${formatShape(known.shape)}`,
      });
    }
    return known;
  }

  private value(type: ElementType, shape: Shape, hint: string): Value {
    return { graph: this, name: `${hint}_${this.valueCount++}`, type, shape };
  }

  /** Where an error happened. */
  private get place(): string {
    return this.currentScope === '' ? 'graph' : this.currentScope;
  }

  /** Builds a value once per key: for helper tensors that many layers share. */
  memoized(key: string, build: () => Value): Value {
    const known = this.memo.get(key);
    if (known !== undefined) return known;
    const value = build();
    this.memo.set(key, value);
    return value;
  }
}

/** Whether two shapes can be the same at run time: as many axes, and no two different numbers. */
function mayBeEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => typeof size === 'string' || typeof b[axis] === 'string' || size === b[axis]);
}

/** The name, type and shape of a value under a given name. */
export function specOf(name: string, value: Value): TensorSpec {
  return { name, type: value.type, shape: value.shape };
}
