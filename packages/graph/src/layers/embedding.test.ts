import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { Module } from '../module.ts';
import { embedding, splice, tiedHead } from './embedding.ts';

const table = { vocabularySize: 5, width: 3 };
const ids = numbers([4, 0, 4, 2]);
const trainable = { adapters: new Map(), full: new Set(['embed.weight']) };

function embedIds(graph: Graph): Value {
  return embedding(new Module(graph, 'embed'), graph.input('ids', 'int64', ['tokens']), table);
}

describe('embedding', () => {
  it('has the gradient that central differences give, added up over tokens that occur twice', () => {
    expectGradients({ build: embedIds, feeds: { ids }, trainable, seed: 1 });
  });

  it('adds up the gradients of both uses when the head is tied', () => {
    expectGradients({
      build: (graph) => tiedHead(new Module(graph, 'embed'), embedIds(graph), table),
      feeds: { ids },
      trainable,
      seed: 2,
    });
  });

  it('of a tied head are the products with the rows of the table', () => {
    const graph = new Graph();
    const logits = tiedHead(new Module(graph, 'embed'), graph.input('hidden', 'float32', [1, 2]), { vocabularySize: 2, width: 2 });
    const feeds = { hidden: numbers([10, 1], [1, 2]), 'embed.weight': numbers([1, 2, 3, 4], [2, 2]) };
    expect([...evaluate(graph, [logits], feeds)[0]!.data]).toEqual([12, 34]);
  });
});

describe('splice', () => {
  const build = (graph: Graph): Value => splice(
    graph.input('embeddings', 'float32', ['tokens', 2]),
    graph.input('features', 'float32', ['image_rows', 2]),
    graph.input('splice_rows', 'int64', ['tokens']),
  );
  const feeds = {
    embeddings: numbers([1, 2, 3, 4, 5, 6], [3, 2]),
    features: numbers([70, 80, 90, 100], [2, 2]),
    splice_rows: numbers([0, 3, 4]),
  };

  it('puts image features in the places of image tokens', () => {
    const graph = new Graph();
    expect([...evaluate(graph, [build(graph)], feeds)[0]!.data]).toEqual([1, 2, 70, 80, 90, 100]);
  });

  it('has the gradients that central differences give; replaced embeddings get none', () => {
    expectGradients({ build, feeds: { ...feeds, embeddings: uniform(seededRandom(1), [3, 2]) }, seed: 3 });
  });

  it('keeps the names of the embeddings\' axes', () => {
    const graph = new Graph();
    const spliced = splice(
      graph.input('embeddings', 'float32', ['tokens', 2]), graph.input('features', 'float32', ['image_rows', 2]),
      graph.input('splice_rows', 'int64', ['batch', 'query']),
    );
    expect(spliced.shape).toEqual(['tokens', 2]);
  });
});
