import type { Node } from '../../src/graph.ts';
import type { Array64 } from '../array64.ts';

/** An ONNX operator on doubles: inputs that are given, and the node for its attributes. */
export type Kernel = (inputs: readonly Array64[], node: Node) => Array64[];

/** A numeric attribute. */
export function attribute(node: Node, name: string, fallback?: number): number {
  const value = node.attributes[name] ?? fallback;
  if (typeof value === 'number') return value;
  if (typeof value === 'object' && 'float' in value) return value.float;
  throw new TypeError(`${node.type}: attribute ${name} is not a number`);
}

/** A list attribute. */
export function listAttribute(node: Node, name: string): readonly number[] {
  const value = node.attributes[name];
  if (Array.isArray(value)) return value as readonly number[];
  throw new TypeError(`${node.type}: attribute ${name} is not a list`);
}
