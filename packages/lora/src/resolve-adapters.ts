import { MmhsError, type LinearModule, type LoraModule, type TensorSpec, type TrainableTensors } from '@mmhs/core';
import type { LoraConfig } from './config.ts';
import { matchModules } from './match-modules.ts';
import { compileMatch } from './python-regex.ts';

/** Name and shape of a tensor that is trained. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Decides what is trained: an adapter for every matched linear with its rank and scaling, and the base tensors of
 * `modules_to_save`.
 *
 * `tensors` (the model's checkpoint tensors) is needed only with `modules_to_save`.
 *
 * @throws MmhsError `MMHS_LORA_NO_MATCH` when no linear, or no tensor for an entry of `modules_to_save`, matches.
 */
export function resolveAdapters(options: {
  readonly linears: readonly LinearModule[];
  readonly config: LoraConfig;
  readonly tensors?: readonly TensorSpec[];
}): TrainableTensors {
  const { linears, config, tensors = [] } = options;
  const settingsOf = adapterSettings(config);
  const adapters = matchModules({ linears, config }).map(({ path }) => [path, settingsOf(path)] as const);
  const full = tensorsToSave({ modules: config.modules_to_save ?? [], tensors });
  return { adapters: new Map(adapters), full: new Set(full) };
}

/**
 * The settings of a module's adapter as a function of its path: rank, scaling and dropout.
 *
 * The first key of `rank_pattern` that matches the path or its ending decides over `r`, likewise `alpha_pattern` over
 * `lora_alpha`. Source: PEFT 0.21, `get_pattern_key`.
 */
export function adapterSettings(config: LoraConfig): (path: string) => LoraModule {
  const rankOf = patternLookup(config.rank_pattern, config.r);
  const alphaOf = patternLookup(config.alpha_pattern, config.lora_alpha);
  return (path) => {
    const rank = rankOf(path);
    const divisor = config.use_rslora ? Math.sqrt(rank) : rank;
    return { rank, scaling: alphaOf(path) / divisor, dropout: config.lora_dropout };
  };
}

/** The trained tensors in a fixed order: A and B of each adapter, then the base tensors. */
export function parameterShapes(options: {
  readonly trainable: TrainableTensors;
  readonly linears: readonly LinearModule[];
  readonly tensors?: readonly TensorSpec[];
}): ParameterShape[] {
  const { trainable, linears, tensors = [] } = options;
  const byPath = new Map(linears.map((linear) => [linear.path, linear]));
  const adapters = [...trainable.adapters].flatMap(([path, { rank }]) => {
    const { inFeatures, outFeatures } = required(byPath.get(path), path, 'a linear of the model');
    return [
      { name: `${path}.lora_A.weight`, shape: [rank, inFeatures] },
      { name: `${path}.lora_B.weight`, shape: [outFeatures, rank] },
    ];
  });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const full = [...trainable.full].map((name) => ({
    name,
    shape: fixedShape(required(byName.get(name), name, 'a tensor of the checkpoint')),
  }));
  return [...adapters, ...full];
}

function tensorsToSave(options: {
  readonly modules: readonly string[];
  readonly tensors: readonly TensorSpec[];
}): string[] {
  const { modules, tensors } = options;
  const owners = tensors.map(({ name }) => ({ name, ancestors: ancestorPaths(name) }));
  for (const module of modules) {
    if (owners.some(({ ancestors }) => ancestors.some((path) => path.endsWith(module)))) continue;
    throw new MmhsError('MMHS_LORA_NO_MATCH', 'No module of the model matches an entry of modules_to_save', {
      where: 'modules_to_save',
      got: JSON.stringify(module),
      expected: 'the end of the path of a module that has tensors in the checkpoint',
    });
  }
  return owners
    .filter(({ ancestors }) => ancestors.some((path) => modules.some((module) => path.endsWith(module))))
    .map(({ name }) => name);
}

/** `a.b.c.weight` lies in the modules `a.b.c`, `a.b` and `a`. */
function ancestorPaths(tensorName: string): string[] {
  const parts = tensorName.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}

function patternLookup(pattern: Readonly<Record<string, number>>, fallback: number): (path: string) => number {
  const rules = Object.entries(pattern).map(([key, value]) => ({ expression: compileMatch(`(.*\\.)?(${key})$`), value }));
  return (path) => rules.find(({ expression }) => expression.test(path))?.value ?? fallback;
}

function fixedShape(tensor: TensorSpec): number[] {
  return tensor.shape.map((size) => {
    if (typeof size === 'number') return size;
    throw new MmhsError('MMHS_LORA_SHAPE', 'A trained tensor needs a fixed shape', { where: tensor.name, got: String(size) });
  });
}

function required<Value>(value: Value | undefined, name: string, expected: string): Value {
  if (value !== undefined) return value;
  throw new MmhsError('MMHS_LORA_UNKNOWN_TENSOR', 'The model has no such module or tensor', { where: name, expected });
}
