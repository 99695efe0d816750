import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { evaluate } from '../../test/interpreter.ts';
import { Graph } from '../graph.ts';
import { axialRotaryAngles, rotaryAngles } from './rotary-angles.ts';

describe('rotaryAngles', () => {
  it('are position * theta^(-2j / d)', () => {
    const graph = new Graph();
    const { cos, sin } = rotaryAngles(graph.input('p', 'int64', [1, 'rows']), { headDimension: 4, theta: 100 });
    const [cosines, sines] = evaluate(graph, [cos, sin], { p: numbers([0, 3, 700], [1, 3]) });
    const angles = [0, 3, 700].flatMap((position) => [position, position / 10]);
    // Frequencies are stored as float32, as in the reference: 1e-7 of an angle.
    angles.forEach((angle, place) => {
      expect(cosines!.data[place]).toBeCloseTo(Math.cos(angle), 5);
      expect(sines!.data[place]).toBeCloseTo(Math.sin(angle), 5);
    });
  });

  it('take the position of the section that a pair falls in', () => {
    const graph = new Graph();
    const positions = graph.input('p', 'int64', [3, 'rows']);
    const { sin } = rotaryAngles(positions, { headDimension: 8, theta: 16, sections: [1, 1, 2] });
    const [sines] = evaluate(graph, [sin], { p: numbers([1, 10, 100], [3, 1]) });
    const angles = [1, 10 / 2, 100 / 4, 100 / 8];
    angles.forEach((angle, pair) => expect(sines!.data[pair]).toBeCloseTo(Math.sin(angle), 10));
  });

  it('refuse sections that do not make up a head', () => {
    const graph = new Graph();
    const positions = graph.input('p', 'int64', [2, 'rows']);
    expect(() => rotaryAngles(positions, { headDimension: 8, theta: 10, sections: [1, 2] }))
      .toThrow(/sections \[1, 2\] do not fit 4 pairs.*p int64\[2, rows\]/);
  });
});

describe('axialRotaryAngles', () => {
  it('give each axis its own pairs, with the frequencies of a head of that size', () => {
    const graph = new Graph();
    const { cos, sin } = axialRotaryAngles(graph.input('p', 'int64', [2, 'rows']), { headDimension: 8, theta: 100 });
    const [cosines, sines] = evaluate(graph, [cos, sin], { p: numbers([2, 30, 5, 7], [2, 2]) });
    const angles = [2, 2 / 10, 5, 5 / 10, 30, 3, 7, 7 / 10];
    expect(sines!.shape).toEqual([2, 4]);
    angles.forEach((angle, place) => {
      expect(cosines!.data[place]).toBeCloseTo(Math.cos(angle), 5);
      expect(sines!.data[place]).toBeCloseTo(Math.sin(angle), 5);
    });
  });

  it('refuse a head without equal pairs for each axis', () => {
    const positions = new Graph().input('p', 'int64', [2, 'rows']);
    expect(() => axialRotaryAngles(positions, { headDimension: 6, theta: 10 })).toThrow(/a head of 6.*p int64\[2, rows\]/);
  });
});
