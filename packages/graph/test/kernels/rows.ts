import { array64, sizeOf, type Array64 } from '../array64.ts';
import { attribute, type Kernel } from './kernel.ts';

/** The lines along the last axis. */
function lines(x: Array64): number[][] {
  const width = x.shape.at(-1)!;
  return Array.from({ length: sizeOf(x.shape.slice(0, -1)) }, (_, row) => [...x.data.subarray(row * width, (row + 1) * width)]);
}

const mean = (line: readonly number[]): number => line.reduce((sum, x) => sum + x, 0) / line.length;

const logSoftmaxLine = (line: readonly number[]): number[] => {
  const largest = Math.max(...line);
  const logSum = largest + Math.log(line.reduce((sum, x) => sum + Math.exp(x - largest), 0));
  return line.map((x) => x - logSum);
};

const softmax: Kernel = ([x]) => [array64(x!.shape, lines(x!).flatMap((line) => logSoftmaxLine(line).map(Math.exp)))];

const rmsNormalization: Kernel = ([x, weight], node) => {
  const inverse = lines(x!).map((line) => 1 / Math.sqrt(mean(line.map((v) => v * v)) + attribute(node, 'epsilon')));
  const y = lines(x!).flatMap((line, row) => line.map((v, column) => v * inverse[row]! * weight!.data[column]!));
  return [array64(x!.shape, y), array64([...x!.shape.slice(0, -1), 1], inverse)];
};

const layerNormalization: Kernel = ([x, weight, bias], node) => {
  const means = lines(x!).map(mean);
  const inverse = lines(x!).map((line, row) =>
    1 / Math.sqrt(mean(line.map((v) => (v - means[row]!) ** 2)) + attribute(node, 'epsilon')));
  const y = lines(x!).flatMap((line, row) =>
    line.map((v, column) => (v - means[row]!) * inverse[row]! * weight!.data[column]! + bias!.data[column]!));
  const statistics = [...x!.shape.slice(0, -1), 1];
  return [array64(x!.shape, y), array64(statistics, means), array64(statistics, inverse)];
};

/** Split halves: in each head, element i < d/2 turns with element i + d/2. */
const rotaryEmbedding: Kernel = ([x, positions, cos, sin], node) => {
  if (attribute(node, 'interleaved', 0) !== 0) throw new TypeError('RotaryEmbedding is expected in split halves');
  const heads = attribute(node, 'num_heads');
  const rows = lines(x!).map((line, row) => {
    const size = line.length / heads;
    const half = size / 2;
    const table = positions!.data[row]! * half;
    return line.map((value, column) => {
      const within = column % size;
      const pair = within % half;
      const other = within < half ? -line[column + half]! : line[column - half]!;
      return value * cos!.data[table + pair]! + other * sin!.data[table + pair]!;
    });
  });
  return [array64(x!.shape, rows.flat())];
};

const crossEntropy: Kernel = ([logits, labels], node) => {
  if (node.attributes.reduction !== 'none') throw new TypeError('SoftmaxCrossEntropyLoss is expected unreduced');
  const logProbabilities = lines(logits!).map(logSoftmaxLine);
  const losses = logProbabilities.map((line, row) => -line[labels!.data[row]!]!);
  return [array64(labels!.shape, losses), array64(logits!.shape, logProbabilities.flat())];
};

const cumulativeSum: Kernel = ([x], node) => {
  if (attribute(node, 'reverse', 0) !== 1) throw new TypeError('CumSum is expected to count backwards');
  const sums = lines(x!).flatMap((line) => line.map((_, start) => line.slice(start).reduce((sum, v) => sum + v, 0)));
  return [array64(x!.shape, sums)];
};

/** Operators on lines along the last axis. */
export const rowKernels: Readonly<Record<string, Kernel>> = {
  CumSum: cumulativeSum,
  Softmax: softmax,
  LogSoftmax: ([x]) => [array64(x!.shape, lines(x!).flatMap(logSoftmaxLine))],
  SimplifiedLayerNormalization: rmsNormalization,
  LayerNormalization: layerNormalization,
  SoftmaxCrossEntropyLoss: crossEntropy,
  'com.microsoft.RotaryEmbedding': rotaryEmbedding,
};
