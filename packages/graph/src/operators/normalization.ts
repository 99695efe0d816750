import type { Value } from '../graph.ts';
import { add, mul, sub } from './elementwise.ts';
import { reduceMean, reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

/**
 * RMSNorm over the last axis: w x / sqrt(mean(x^2) + epsilon) (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467).
 */
export function rmsNormalization(x: Value, weight: Value, epsilon: number): Value {
  const { graph } = x;
  requireLastAxis('rmsNorm', x, weight);
  const statistics = { type: x.type, shape: [...x.shape.slice(0, -1), 1] } as const;
  const [y, inverse] = graph.add(
    'SimplifiedLayerNormalization', [x, weight], { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
    [{ type: x.type, shape: x.shape }, statistics],
  );
  graph.record({
    inputs: [x, weight],
    outputs: [y],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      const normalized = mul(x, inverse);
      const byX = (): Value => {
        const scaled = mul(gradient, weight);
        const projection = reduceMean(mul(scaled, normalized), [-1]);
        return mul(sub(scaled, mul(normalized, projection)), inverse);
      };
      return [wanted[0] ? byX() : undefined, wanted[1] ? sumToLastAxis(mul(gradient, normalized)) : undefined];
    },
  });
  return y;
}

/** LayerNorm over the last axis, affine, biased variance (Ba et al. 2016, https://arxiv.org/abs/1607.06450). */
export function layerNormalization(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  const { graph } = x;
  requireLastAxis('layerNorm', x, weight);
  const statistics = { type: x.type, shape: [...x.shape.slice(0, -1), 1] } as const;
  const [y, mean, inverse] = graph.add(
    'LayerNormalization', [x, weight, bias], { axis: -1, epsilon: { float: epsilon } },
    [{ type: x.type, shape: x.shape }, statistics, statistics],
  );
  graph.record({
    inputs: [x, weight, bias],
    outputs: [y],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      const normalized = mul(sub(x, mean), inverse);
      const byX = (): Value => {
        const scaled = mul(gradient, weight);
        const projection = mul(normalized, reduceMean(mul(scaled, normalized), [-1]));
        return mul(sub(sub(scaled, reduceMean(scaled, [-1])), projection), inverse);
      };
      return [
        wanted[0] ? byX() : undefined,
        wanted[1] ? sumToLastAxis(mul(gradient, normalized)) : undefined,
        wanted[2] ? sumToLastAxis(gradient) : undefined,
      ];
    },
  });
  return y;
}

/** Softmax over the last axis. */
export function softmax(x: Value): Value {
  const { graph } = x;
  const [y] = graph.add('Softmax', [x], { axis: -1 }, [{ type: x.type, shape: x.shape }]);
  graph.record({
    inputs: [x],
    outputs: [y],
    vjp: ({ outputGradients: [gradient] }) => [
      gradient && mul(y, sub(gradient, reduceSum(mul(gradient, y), [-1]))),
    ],
  });
  return y;
}

/** Logarithm of the softmax over the last axis. Forward only. */
export function logSoftmax(x: Value): Value {
  return x.graph.add('LogSoftmax', [x], { axis: -1 }, [{ type: x.type, shape: x.shape }])[0];
}

/** RMSNorm that multiplies by 1 + w, so that weights of zero change nothing. */
export function rmsNormalizationOnePlus(x: Value, weight: Value, epsilon: number): Value {
  return rmsNormalization(x, add(weight, x.graph.scalar(1)), epsilon);
}

function requireLastAxis(operator: string, x: Value, weight: Value): void {
  if (weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1)) {
    x.graph.shapeError(operator, 'the weight does not fit the last axis', x, weight);
  }
}

function sumToLastAxis(x: Value): Value {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  return reshape(reduceSum(x, axes), x.shape.slice(-1));
}
