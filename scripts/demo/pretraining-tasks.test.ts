import { describe, expect, it } from 'vitest';
import { demoSeed } from './make-demo-data.ts';
import { createDemoPosts, labelPost } from './posts.ts';
import { codeMeanings, createPretrainingExample, createPretrainingExamples } from './pretraining-tasks.ts';
import { codeNames, labelNames } from './vocabulary.ts';

const examples = Array.from({ length: 2000 }, (_, index) => createPretrainingExample({ seed: 1, index }));
const isDemoLabel = (name: string): boolean => (labelNames as readonly string[]).includes(name);

describe('createPretrainingExample', () => {
  it('depends on seed and number alone', () => {
    expect(createPretrainingExample({ seed: 1, index: 17 })).toEqual(examples[17]);
    expect(createPretrainingExample({ seed: 2, index: 17 })).not.toEqual(examples[17]);
    const sequence = createPretrainingExamples({ seed: 1, start: 17 });
    expect(sequence.next().value).toEqual(examples[17]);
    expect(sequence.next().value).toEqual(examples[18]);
  });

  it('shares the list within a group', () => {
    const systems = examples.slice(0, 80).map(({ system }) => system);
    for (const [index, system] of systems.entries()) expect(system).toBe(systems[Math.floor(index / 8) * 8]);
    expect(new Set(systems).size).toBe(10);
  });

  it('answers with listed names in list order, about a fifth of the time with none', () => {
    for (const { system, target, labels, labelSet } of examples) {
      expect(JSON.parse(target)).toEqual(labels);
      expect(labelSet.filter((name) => labels.includes(name))).toEqual(labels);
      expect(system).toContain(`\n["${labelSet.join('", "')}"]\n`);
    }
    const none = examples.filter(({ labels }) => labels.length === 0).length / examples.length;
    expect(none).toBeGreaterThan(0.15);
    expect(none).toBeLessThan(0.25);
  });

  it("ties the demo's labels to nothing but their own names", () => {
    const withLabels = examples.filter(({ labelSet }) => labelSet.some(isDemoLabel));
    expect(withLabels.length).toBeGreaterThan(100);
    for (const { task, labelSet, labels, text } of withLabels) {
      expect(task).toBe('presence');
      const said = text.split(' ');
      expect(labels.filter(isDemoLabel)).toEqual(labelSet.filter((name) => isDemoLabel(name) && said.includes(name)));
    }
    expect(codeNames.filter(isDemoLabel)).toEqual([]);
  });

  it("holds none of the demo's combinations of word and symbol", () => {
    const demoPairs = ['dulmar square', 'pelwick arrow', 'vostrik red'];
    expect(examples.flatMap(({ labelSet }) => labelSet).filter((name) => demoPairs.includes(name))).toEqual([]);
    for (const { condition } of codeMeanings) {
      const { word = '', shape = '', colour = '' } = condition;
      expect(demoPairs).not.toContain(`${word} ${shape}`);
      expect(demoPairs).not.toContain(`${word} ${colour}`);
    }
  });
});

describe('labelPost', () => {
  it('is not reached by what the pre-training rule says of the demo', () => {
    // Read literally, a label applies when the text says it: never, in the demo.
    const posts = createDemoPosts(demoSeed).test;
    expect(posts.flatMap(({ text }) => text.split(' ')).filter(isDemoLabel)).toEqual([]);
    expect(posts.flatMap(labelPost).length).toBeGreaterThan(100);
  });
});
