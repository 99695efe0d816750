import { describe, expect, it } from 'vitest';

import { array64, numbers, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { concat } from '../operators/shape.ts';
import { dropout } from './dropout.ts';

/** Random numbers of some sites, as the trainer feeds them: uniform in [0, 64), in float32. */
function randomNumbers(seed: number, sites: number, rows: number, width: number): Feeds {
  const random = seededRandom(seed);
  const single = (shape: readonly number[]): Array64 => array64(shape, Float32Array.from(uniform(random, shape, 0, 64).data));
  return { dropout_rows: single([sites, rows]), dropout_columns: single([sites, width]) };
}

/** Dropout of a matrix of ones. */
function dropOnes(probability: number, rows: number, width: number, seed: number): number[] {
  const graph = new Graph();
  const y = dropout(graph.input('x', 'float32', ['rows', width]), probability);
  const x = array64([rows, width], new Array<number>(rows * width).fill(1));
  return [...evaluate(graph, [y], { x, ...randomNumbers(seed, 1, rows, width) })[0]!.data];
}

describe('dropout', () => {
  it('has the gradient that central differences give', () => {
    expectGradients({
      build: (graph) => dropout(graph.input('x', 'float32', ['rows', 5]), 0.4),
      feeds: { x: uniform(seededRandom(1), [4, 5]), ...randomNumbers(2, 1, 4, 5) },
      fixed: ['dropout_rows', 'dropout_columns'],
      seed: 1,
    });
  });

  it.each([0.05, 0.1, 0.5, 0.9])('drops a share of %d and scales the rest, so that the mean stays', (probability) => {
    const elements = dropOnes(probability, 150, 160, 7);
    const kept = elements.filter((element) => element !== 0);
    kept.forEach((element) => expect(element).toBeCloseTo(1 / (1 - probability), 6));
    // Five standard deviations of the share in 24,000 independent draws.
    const deviation = Math.sqrt((probability * (1 - probability)) / elements.length);
    expect(Math.abs(1 - kept.length / elements.length - probability)).toBeLessThan(5 * deviation);
  });

  it('drops no row and no column more than another', () => {
    const [rows, width, probability] = [150, 160, 0.1];
    const elements = dropOnes(probability, rows, width, 8);
    const shares = [
      ...Array.from({ length: rows }, (_, row) => elements.slice(row * width, (row + 1) * width)),
      ...Array.from({ length: width }, (_, column) => elements.filter((__, place) => place % width === column)),
    ].map((line) => line.filter((element) => element === 0).length / line.length);
    expect(Math.max(...shares)).toBeLessThan(0.25);
    expect(Math.min(...shares)).toBeGreaterThan(0.01);
  });

  it('drops neighbours independently', () => {
    const width = 160;
    const dropped = dropOnes(0.5, 150, width, 9).map((element) => Number(element === 0) - 0.5);
    const correlation = (distance: number): number =>
      dropped.slice(distance).reduce((sum, value, place) => sum + value * dropped[place]!, 0) / (0.25 * (dropped.length - distance));
    [1, 2, width, width + 1].forEach((distance) => expect(Math.abs(correlation(distance))).toBeLessThan(0.04));
  });

  it('is the same for the same numbers, and another for others', () => {
    expect(dropOnes(0.3, 10, 20, 1)).toEqual(dropOnes(0.3, 10, 20, 1));
    expect(dropOnes(0.3, 10, 20, 1)).not.toEqual(dropOnes(0.3, 10, 20, 2));
  });

  it('takes its own row of numbers at each site, as far as the site is wide', () => {
    const graph = new Graph();
    const drop = (name: string, width: number): Value => dropout(graph.input(name, 'float32', ['rows', width]), 0.5);
    const both = concat([drop('a', 1), drop('b', 2)], 1);
    expect(graph.dropoutSize).toEqual({ sites: 2, width: 2 });
    const feeds = {
      a: numbers([1], [1, 1]), b: numbers([1, 1], [1, 2]),
      dropout_rows: numbers([1, 1], [2, 1]),
      // Fractions below one half are dropped; the second number of the first site is unused.
      dropout_columns: numbers([0.75, 0.25, 3.25, 7.5], [2, 2]),
    };
    expect([...evaluate(graph, [both], feeds)[0]!.data]).toEqual([2, 0, 2]);
  });

  it('of probability 0 is nothing at all', () => {
    const x = new Graph().input('x', 'float32', ['rows', 2]);
    expect(dropout(x, 0)).toBe(x);
  });
});
