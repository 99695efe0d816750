import type { RgbImage } from '@mmhs/core';

const columns = 17;
const rows = 16;
/** Points taken per cell and direction: fewer miss thin lines such as letters, by which averages of scaled copies differ. */
const pointsPerCell = 64;
/** Standard deviation of brightness (of 255) below which a picture has nothing to be recognised by. */
const plainDeviation = 3;

/** How much brighter (of 255) a neighbour must be, so that noise in flat regions does not count. */
const margin = 1;

/** 256 bits as eight words; neighbouring bits are in different words. @internal */
export type PerceptualHash = Uint32Array;

/**
 * What a picture looks like, in 256 bits: brightness averaged over 17 x 16 cells, a bit for each pair of neighbours saying
 * whether the right one is brighter ("difference hash"). Scaling, recompression and small retouches change few bits. Undefined for pictures
 * of one colour, which would all be alike.
 *
 * @internal
 */
export function perceptualHash(image: RgbImage): PerceptualHash | undefined {
  const cells = averageCells(image);
  if (deviation(cells) < plainDeviation) return undefined;
  const hash = new Uint32Array(8);
  let bit = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1, bit += 1) {
      const index = row * columns + column;
      // Flat regions give runs of zeros: spread over the words, they do not make many words alike.
      if ((cells[index] ?? 0) + margin < (cells[index + 1] ?? 0)) hash[bit % 8] = ((hash[bit % 8] ?? 0) | (1 << (bit >>> 3))) >>> 0;
    }
  }
  return hash;
}

/** Number of different bits, 0 to 256. @internal */
export function hashDistance(a: PerceptualHash, b: PerceptualHash): number {
  let distance = 0;
  for (let word = 0; word < 8; word += 1) distance += countBits((a[word] ?? 0) ^ (b[word] ?? 0));
  return distance;
}

function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function averageCells({ width, height, data }: RgbImage): Float64Array {
  const cells = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row += 1) {
    const ys = samplePoints(row, rows, height);
    for (let column = 0; column < columns; column += 1) {
      const xs = samplePoints(column, columns, width);
      let [red, green, blue] = [0, 0, 0];
      for (const y of ys) {
        for (const x of xs) {
          const at = 3 * (y * width + x);
          red += data[at] ?? 0;
          green += data[at + 1] ?? 0;
          blue += data[at + 2] ?? 0;
        }
      }
      cells[row * columns + column] = (0.299 * red + 0.587 * green + 0.114 * blue) / (ys.length * xs.length);
    }
  }
  return cells;
}

/** Evenly spread pixels of cell `index` of `count` along a side of `size` pixels. */
function samplePoints(index: number, count: number, size: number): number[] {
  const start = (index * size) / count;
  const length = size / count;
  const points = Math.max(1, Math.min(pointsPerCell, Math.floor(length)));
  return Array.from({ length: points }, (_, point) => Math.min(size - 1, Math.floor(start + ((point + 0.5) * length) / points)));
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
