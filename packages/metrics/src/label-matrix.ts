import { MetricsError } from './errors.ts';

/** Which labels each row has: `[rows, columns]`, row-major, one byte a cell, 0 or 1. */
export interface LabelMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Uint8Array;
}

/**
 * Labels of many rows, in any of three forms: sets of label names (needs `labels`), rows of 0 and 1, or a
 * {@link LabelMatrix}.
 */
export type LabelRows = readonly (readonly string[])[] | readonly (readonly number[])[] | LabelMatrix;

/**
 * Brings labels into matrix form.
 *
 * @param rows - Label sets, rows of 0 and 1, or a matrix (returned as it is, once checked).
 * @param labels - Label names in column order; needed for label sets, checked against the width otherwise.
 * @param name - What the rows are, for messages.
 * @throws MetricsError `MMHS_METRICS_SHAPE` for ragged or empty input, `MMHS_METRICS_VALUE` for a cell other than 0 or 1,
 * `MMHS_METRICS_LABEL` for a name that is not in `labels` or stands there twice.
 */
export function toLabelMatrix(rows: LabelRows, labels?: readonly string[], name = 'labels'): LabelMatrix {
  const matrix = isMatrix(rows) ? checkedMatrix(rows, name)
    : isLabelSets(rows, labels) ? fromLabelSets(rows, labels, name)
    : fromIndicatorRows(rows, name);
  if (matrix.rows === 0 || matrix.columns === 0) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'There is nothing to measure', {
      where: name,
      got: `${matrix.rows} rows of ${matrix.columns} labels`,
      expected: 'at least one row and one label',
    });
  }
  if (labels !== undefined && labels.length !== matrix.columns) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'The label names do not match the columns', {
      where: name,
      got: `${matrix.columns} columns`,
      expected: `${labels.length}, one for each label name`,
    });
  }
  return matrix;
}

function isMatrix(rows: LabelRows): rows is LabelMatrix {
  return !Array.isArray(rows);
}

/** Rows that are all empty are label sets when label names are given: no posts with any label. */
function isLabelSets(
  rows: readonly (readonly unknown[])[],
  labels: readonly string[] | undefined,
): rows is readonly (readonly string[])[] {
  const first = rows.find((row) => row.length > 0)?.[0];
  return first === undefined ? labels !== undefined : typeof first === 'string';
}

function fromLabelSets(
  sets: readonly (readonly string[])[],
  labels: readonly string[] | undefined,
  name: string,
): LabelMatrix {
  if (labels === undefined) {
    throw new MetricsError('MMHS_METRICS_LABEL', 'Sets of label names need the list of all labels', {
      where: name,
      expected: 'the option labels',
    });
  }
  const columnOf = new Map(labels.map((label, column) => [label, column]));
  if (columnOf.size !== labels.length) {
    throw new MetricsError('MMHS_METRICS_LABEL', 'A label name stands twice in the list', { where: 'labels' });
  }
  const columns = labels.length;
  const data = new Uint8Array(sets.length * columns);
  sets.forEach((set, row) => {
    for (const label of set) {
      const column = columnOf.get(label);
      if (column === undefined) {
        throw new MetricsError('MMHS_METRICS_LABEL', 'A label is not in the list of labels', {
          where: `${name}, row ${row}`,
          got: JSON.stringify(label),
          expected: `one of ${JSON.stringify(labels)}`,
        });
      }
      data[row * columns + column] = 1;
    }
  });
  return { rows: sets.length, columns, data };
}

function fromIndicatorRows(rows: readonly (readonly unknown[])[], name: string): LabelMatrix {
  const columns = rows[0]?.length ?? 0;
  const data = new Uint8Array(rows.length * columns);
  rows.forEach((cells, row) => {
    if (cells.length !== columns) {
      throw new MetricsError('MMHS_METRICS_SHAPE', 'Rows differ in length', {
        where: `${name}, row ${row}`,
        got: `${cells.length} cells`,
        expected: `${columns}`,
      });
    }
    cells.forEach((cell, column) => {
      if (cell !== 0 && cell !== 1) throw badCell(cell, name, row, column);
      data[row * columns + column] = cell;
    });
  });
  return { rows: rows.length, columns, data };
}

function checkedMatrix(matrix: LabelMatrix, name: string): LabelMatrix {
  const { rows, columns, data } = matrix;
  if (data.length !== rows * columns) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'The data do not fill the matrix', {
      where: name,
      got: `${data.length} cells`,
      expected: `${rows} x ${columns}`,
    });
  }
  if (!isBinary(data)) {
    const index = data.findIndex((cell) => cell > 1);
    throw badCell(data[index], name, Math.floor(index / columns), index % columns);
  }
  return matrix;
}

/** Whether all bytes are 0 or 1; looks at four at a time where they are aligned. */
function isBinary(data: Uint8Array): boolean {
  const firstWord = -data.byteOffset & 3;
  if (data.length < firstWord) return data.every((cell) => cell <= 1);
  const words = new Uint32Array(data.buffer, data.byteOffset + firstWord, (data.length - firstWord) >> 2);
  let union = 0;
  for (let index = 0; index < words.length; index += 1) union |= words[index]!;
  const rest = [...data.subarray(0, firstWord), ...data.subarray(firstWord + 4 * words.length)];
  return (union & ~0x01010101) === 0 && rest.every((cell) => cell <= 1);
}

function badCell(cell: unknown, name: string, row: number, column: number): MetricsError {
  return new MetricsError('MMHS_METRICS_VALUE', 'A cell is neither 0 nor 1', {
    where: `${name}, row ${row}, column ${column}`,
    got: String(cell),
    expected: '0 or 1',
  });
}

/** Checks that gold and predicted (or scored) rows have one shape. */
export function checkSameShape(gold: { rows: number; columns: number }, other: { rows: number; columns: number }): void {
  if (gold.rows === other.rows && gold.columns === other.columns) return;
  throw new MetricsError('MMHS_METRICS_SHAPE', 'Gold and predicted rows differ in shape', {
    got: `${other.rows} x ${other.columns} predicted`,
    expected: `${gold.rows} x ${gold.columns} as in gold`,
  });
}

/** Checks sample weights: one for each row, finite, not negative, not all zero. */
export function checkWeights(weights: ArrayLike<number> | undefined, rows: number): void {
  if (weights === undefined) return;
  if (weights.length !== rows) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'Weights and rows differ in number', {
      where: 'sampleWeight',
      got: `${weights.length}`,
      expected: `${rows}`,
    });
  }
  let sum = 0;
  for (let row = 0; row < rows; row += 1) {
    const weight = weights[row]!;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new MetricsError('MMHS_METRICS_VALUE', 'A weight is not usable', {
        where: `sampleWeight, row ${row}`,
        got: String(weight),
        expected: 'a finite number, zero or more',
      });
    }
    sum += weight;
  }
  if (sum === 0) {
    throw new MetricsError('MMHS_METRICS_VALUE', 'All weights are zero', { where: 'sampleWeight' });
  }
}
