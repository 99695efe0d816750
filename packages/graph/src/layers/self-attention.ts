import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { rotary } from '../operators/rotary.ts';
import { reshape } from '../operators/shape.ts';
import { attend, attendGradients, type AttentionHeads } from './attention-core.ts';
import type { AttentionPlan } from './attention-plan.ts';
import { linear } from './linear.ts';
import type { RotaryAngles } from './rotary-angles.ts';

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
  const headDimension = width / options.heads;
  const heads: AttentionHeads = {
    heads: options.heads, keyValueHeads: options.heads, headDimension, scale: 1 / Math.sqrt(headDimension),
  };
  const project = (name: string): Value => linear(module.at(name), x, { outFeatures: width, bias: true });
  const [query, key, value] = [project('q_proj'), project('k_proj'), project('v_proj')];
  const attended = module.scope(() => attendSegments(query, key, value, heads, options.length));
  return linear(module.at('out_proj'), attended, { outFeatures: width, bias: true });
}

/** Full attention inside segments of `length` rows. */
function attendSegments(query: Value, key: Value, value: Value, heads: AttentionHeads, length: number): Value {
  const { graph } = query;
  if (!graph.isRecording) return attendForwardOnly(query, key, value, heads, length);
  const segments = (x: Value): Value => reshape(x, [graph.groupsOf(x, length), length, x.shape[1] ?? 0]);
  const attended = graph.withoutRecording(() => attend(segments(query), segments(key), segments(value), undefined, heads));
  const output = graph.withoutRecording(() => reshape(attended.output, query.shape));
  graph.record({
    inputs: [query, key, value],
    outputs: [output],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const by = attendGradients(attended, segments(gradient), heads);
      return [reshape(by.query, query.shape), reshape(by.key, key.shape), reshape(by.value, value.shape)];
    },
  });
  return output;
}

/** The same as one operator of onnxruntime's, which never writes the scores of a segment to memory; it has no gradient. */
function attendForwardOnly(query: Value, key: Value, value: Value, heads: AttentionHeads, length: number): Value {
  const { graph } = query;
  const [q, k, v] = [query, key, value].map((x) => reshape(x, [graph.groupsOf(x, length), length, x.shape[1] ?? 0]));
  const attributes = { num_heads: heads.heads, scale: { float: heads.scale } };
  const [attended] = graph.add('MultiHeadAttention', [q, k, v], attributes, [
    { type: 'float32', shape: q?.shape ?? [] },
  ], 'com.microsoft');
  return reshape(attended, query.shape);
}
