import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { rotary } from '../operators/rotary.ts';
import { split } from '../operators/shape.ts';
import type { AttentionHeads } from './attention-core.ts';
import type { AttentionPlan } from './attention-plan.ts';
import { linear } from './linear.ts';
import type { RotaryAngles } from './rotary-angles.ts';
import { attendSegments, equalSegments, type Segments } from './segments.ts';

/** Grouped-query attention of a language model with rotary positions (Ainslie et al. 2023, https://arxiv.org/abs/2305.13245). */
export function groupedQueryAttention(
  module: Module,
  x: Value,
  options: {
    readonly heads: AttentionHeads;
    readonly angles: RotaryAngles;
    readonly plan: AttentionPlan;
    readonly layer: number;
    /** Whether q, k and v have biases. Default false. */
    readonly bias?: boolean;
  },
): Value {
  const { heads, angles, plan, layer, bias = false } = options;
  const queryWidth = heads.heads * heads.headDimension;
  const keyWidth = heads.keyValueHeads * heads.headDimension;
  const query = rotary(linear(module.at('q_proj'), x, { outFeatures: queryWidth, bias }), angles);
  const key = rotary(linear(module.at('k_proj'), x, { outFeatures: keyWidth, bias }), angles);
  const value = linear(module.at('v_proj'), x, { outFeatures: keyWidth, bias });
  const attended = module.scope(() => plan.attend({ layer, query, key, value, heads }));
  return linear(module.at('o_proj'), attended, { outFeatures: x.shape[1] as number });
}

/**
 * Bidirectional attention of a vision tower: rows `[segments * length, width]` attend within their segment.
 * Weights q_proj, k_proj, v_proj and out_proj with biases.
 */
export function visionAttention(
  module: Module,
  x: Value,
  options: { readonly heads: number; readonly length: number },
): Value {
  const [, width] = x.shape as [Value['shape'][0], number];
  const project = (name: string): Value => linear(module.at(name), x, { outFeatures: width, bias: true });
  const [query, key, value] = [project('q_proj'), project('k_proj'), project('v_proj')];
  const attended = module.scope(() =>
    attendSegments(query, key, value, equalHeads(width, options.heads), equalSegments(options.length)));
  return linear(module.at('out_proj'), attended, { outFeatures: width, bias: true });
}

/**
 * The same with rotary positions, and with query, key and value from one linear: weights qkv `[3 * width, width]` and proj,
 * with biases.
 */
export function fusedVisionAttention(
  module: Module,
  x: Value,
  options: { readonly heads: number; readonly angles: RotaryAngles; readonly segments: Segments },
): Value {
  const { heads, angles, segments } = options;
  const [, width] = x.shape as [Value['shape'][0], number];
  const projected = linear(module.at('qkv'), x, { outFeatures: 3 * width, bias: true });
  const attended = module.scope(() => {
    const [query, key, value] = split(projected, 3) as [Value, Value, Value];
    return attendSegments(rotary(query, angles), rotary(key, angles), value, equalHeads(width, heads), segments);
  });
  return linear(module.at('proj'), attended, { outFeatures: width, bias: true });
}

/** Every head with a key head of its own. */
function equalHeads(width: number, heads: number): AttentionHeads {
  const headDimension = width / heads;
  return { heads, keyValueHeads: heads, headDimension, scale: 1 / Math.sqrt(headDimension) };
}
