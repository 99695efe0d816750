import type { Value } from '../graph.ts';
import { exp, mul, sub } from './elementwise.ts';
import { reshape } from './shape.ts';

/**
 * Negative log-likelihood of each label: logits `[n, classes]`, labels int64 `[n]` -> losses `[n]`.
 */
export function crossEntropy(logits: Value, labels: Value): Value {
  const { graph } = logits;
  const [count, classes] = logits.shape;
  if (logits.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== count || classes === undefined) {
    return graph.shapeError('crossEntropy', 'one label for each row of logits is needed', logits, labels);
  }
  const [losses, logProbabilities] = graph.add(
    'SoftmaxCrossEntropyLoss', [logits, labels], { reduction: 'none' },
    [{ type: 'float32', shape: labels.shape }, { type: 'float32', shape: logits.shape }],
  );
  graph.record({
    inputs: [logits],
    outputs: [losses],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const depth = graph.shapeTensor([classes]);
      const offOn = graph.constant('float32', [2], [0, 1]);
      const [oneHot] = graph.add('OneHot', [labels, depth, offOn], { axis: -1 }, [{ type: 'float32', shape: logits.shape }]);
      return [mul(sub(exp(logProbabilities), oneHot), reshape(gradient, [labels.shape[0] ?? 0, 1]))];
    },
  });
  return losses;
}
