import { MmhsError, type Dimension } from '@mmhs/core';

/**
 * Arithmetic on symbolic axis sizes. A dimension is a number, or a polynomial in named symbols written canonically:
 * `tokens`, `4*batch*tokens`, `past + query`.
 */

/** A symbolic shape. */
export type Shape = readonly Dimension[];

/** Coefficients by monomial; a monomial is its symbols sorted and joined by `*`, the constant term is `''`. */
type Polynomial = ReadonlyMap<string, number>;

function parse(dimension: Dimension): Polynomial {
  if (typeof dimension === 'number') return new Map([['', dimension]]);
  const terms = new Map<string, number>();
  for (const term of dimension.split(' + ')) {
    let coefficient = 1;
    const symbols: string[] = [];
    for (const factor of term.split('*')) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else symbols.push(factor);
    }
    const monomial = symbols.sort().join('*');
    terms.set(monomial, (terms.get(monomial) ?? 0) + coefficient);
  }
  return terms;
}

function format(polynomial: Polynomial): Dimension {
  const terms = [...polynomial].filter(([, coefficient]) => coefficient !== 0);
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0]?.[0] === '') return terms[0][1];
  return terms
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
    .map(([monomial, coefficient]) =>
      monomial === '' ? String(coefficient) : coefficient === 1 ? monomial : `${coefficient}*${monomial}`,
    )
    .join(' + ');
}

/** Sum of two dimensions. */
export function addDimensions(a: Dimension, b: Dimension): Dimension {
  const sum = new Map(parse(a));
  for (const [monomial, coefficient] of parse(b)) sum.set(monomial, (sum.get(monomial) ?? 0) + coefficient);
  return format(sum);
}

/** What is left of a after b; undefined where b is not a part of a. */
export function subtractDimensions(a: Dimension, b: Dimension): Dimension | undefined {
  const rest = new Map(parse(a));
  for (const [monomial, coefficient] of parse(b)) rest.set(monomial, (rest.get(monomial) ?? 0) - coefficient);
  return [...rest.values()].some((coefficient) => coefficient < 0) ? undefined : format(rest);
}

/** Product of dimensions; 1 for none. */
export function multiplyDimensions(...dimensions: readonly Dimension[]): Dimension {
  return dimensions.reduce<Dimension>((product, dimension) => {
    const result = new Map<string, number>();
    for (const [monomialA, coefficientA] of parse(product)) {
      for (const [monomialB, coefficientB] of parse(dimension)) {
        const symbols = [...split(monomialA), ...split(monomialB)].sort().join('*');
        result.set(symbols, (result.get(symbols) ?? 0) + coefficientA * coefficientB);
      }
    }
    return format(result);
  }, 1);
}

/**
 * Quotient of a dimension and a product of numbers and symbols.
 *
 * @throws MmhsError `MMHS_GRAPH_SHAPE` when the division leaves a remainder.
 */
export function divideDimension(dimension: Dimension, divisor: Dimension): Dimension {
  const quotient = exactQuotient(dimension, divisor);
  if (quotient !== undefined) return quotient;
  throw new MmhsError('MMHS_GRAPH_SHAPE', `Axis size ${dimension} cannot be divided by ${divisor}`);
}

/** {@link divideDimension}, undefined when the division leaves a remainder. */
export function exactQuotient(dimension: Dimension, divisor: Dimension): Dimension | undefined {
  const [divisorTerm, ...more] = parse(divisor);
  if (divisorTerm === undefined || more.length > 0 || divisorTerm[1] === 0) return undefined;
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of parse(dimension)) {
    if (coefficient === 0) continue;
    const symbols = split(monomial);
    for (const symbol of split(divisorTerm[0])) {
      const place = symbols.indexOf(symbol);
      if (place < 0) return undefined;
      symbols.splice(place, 1);
    }
    if (coefficient % divisorTerm[1] !== 0) return undefined;
    quotient.set(symbols.join('*'), coefficient / divisorTerm[1]);
  }
  return format(quotient);
}

/** The terms of a dimension: coefficient and symbols of each. */
export function dimensionTerms(dimension: Dimension): { coefficient: number; symbols: string[] }[] {
  return [...parse(dimension)].map(([monomial, coefficient]) => ({ coefficient, symbols: split(monomial) }));
}

/** A shape for messages: `[4, tokens]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Whether two shapes are the same, symbol for symbol. */
export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

function split(monomial: string): string[] {
  return monomial === '' ? [] : monomial.split('*');
}
