import { describe, expect, it } from 'vitest';
import { isValidAnswer, parseLabels, type ParseFailure, type Repair } from './index.ts';

const labels = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];

interface Case {
  readonly text: string;
  readonly labels: string[];
  readonly unknown?: string[];
  readonly repairs?: Repair[];
}

const repaired: Case[] = [
  { text: '["racist", "sexist"]', labels: ['racist', 'sexist'] },
  { text: '["sexist","racist"]', labels: ['racist', 'sexist'] },
  { text: ' [ ] \n', labels: [] },
  { text: '["\\u0072acist"]', labels: ['racist'] },
  { text: 'Sure! ["racist"] is my answer.', labels: ['racist'], repairs: ['surrounding-text'] },
  { text: '```json\n["racist"]\n```', labels: ['racist'], repairs: ['surrounding-text'] },
  { text: '{"labels": ["racist", "religion"]}', labels: ['racist', 'religion'], repairs: ['surrounding-text'] },
  { text: '[note] then ["sexist"]', labels: ['sexist'], repairs: ['surrounding-text'] },
  { text: 'Source [1] says ["sexist"]', labels: ['sexist'], repairs: ['surrounding-text'] },
  { text: '[sic this ["sexist"] more', labels: ['sexist'], repairs: ['surrounding-text'] },
  { text: '[see "foo] ["racist"]', labels: ['racist'], repairs: ['surrounding-text'] },
  { text: "['sexist', 'racist',]", labels: ['racist', 'sexist'], repairs: ['quotes', 'comma'] },
  { text: '[“racist”, ‘sexist’, «religion»]', labels: ['racist', 'sexist', 'religion'], repairs: ['quotes'] },
  { text: '[\\"racist\\", \\"sexist\\"]', labels: ['racist', 'sexist'], repairs: ['quotes'] },
  { text: '["racist" "sexist"]', labels: ['racist', 'sexist'], repairs: ['comma'] },
  { text: '["racist",, "sexist"]', labels: ['racist', 'sexist'], repairs: ['comma'] },
  { text: '[racist, sexist]', labels: ['racist', 'sexist'], repairs: ['unquoted'] },
  { text: '["racist", "sex', labels: ['racist'], repairs: ['closed', 'cut-off'] },
  { text: '["racist", "sexist', labels: ['racist', 'sexist'], repairs: ['closed'] },
  { text: '["racist", "sexist"', labels: ['racist', 'sexist'], repairs: ['closed'] },
  { text: '["racist"}', labels: ['racist'], repairs: ['closed'] },
  { text: '["racist", null, 3, ["sexist"]]', labels: ['racist', 'sexist'], repairs: ['nested', 'other-value'] },
  { text: '[{"label": "racist", "score": 0.9}]', labels: ['racist'], repairs: ['nested', 'other-value'] },
  { text: '["Racist ", "RELIGION"]', labels: ['racist', 'religion'], repairs: ['spelling'] },
  { text: '["racist, sexist"]', labels: ['racist', 'sexist'], repairs: ['split'] },
  { text: '["racist, "sexist"]', labels: ['racist', 'sexist'], repairs: ['inner-quote', 'split'] },
  { text: '["racist", "racist"]', labels: ['racist'], repairs: ['repeated'] },
  { text: '["racist\\x"]', labels: [], unknown: ['racistx'], repairs: ['escape'] },
  { text: '["racist",\u00a0"sexist"]', labels: ['racist', 'sexist'], repairs: ['space'] },
  { text: '["spam", "racist", "spam"]', labels: ['racist'], unknown: ['spam'] },
  { text: '["say "hi" there"]', labels: [], unknown: ['say "hi" there'], repairs: ['inner-quote'] },
  { text: '["spam"] or ["racist"]', labels: ['racist'], repairs: ['surrounding-text'] },
  { text: 'First [] and then ["racist"]', labels: [], repairs: ['surrounding-text'] },
];

describe('parseLabels', () => {
  it.each(repaired)('reads $text', ({ text, labels: expected, unknown = [], repairs = [] }) => {
    expect(parseLabels(text, labels)).toMatchObject({ ok: true, labels: expected, unknown, repairs });
  });

  const failures: { text: string; reason: ParseFailure }[] = [
    { text: '', reason: 'empty' },
    { text: ' \n', reason: 'empty' },
    { text: 'I cannot help with that.', reason: 'no-array' },
    { text: 'racist, sexist', reason: 'no-array' },
    { text: '["rac', reason: 'truncated' },
    { text: '[', reason: 'truncated' },
    { text: 'As said in [1], nothing.', reason: 'no-labels' },
  ];
  it.each(failures)('gives $reason for $text', ({ text, reason }) => {
    expect(parseLabels(text, labels)).toMatchObject({ ok: false, reason, labels: [], valid: false });
  });

  it('says where the array stands', () => {
    const text = 'Answer: ["racist"] end';
    const result = parseLabels(text, labels);
    expect(result.ok && text.slice(result.span.start, result.span.end)).toBe('["racist"]');
  });

  it('keeps labels with commas, slashes and quotes whole', () => {
    const odd = ['animals, pets', 'and/or', 'so-called "art"', "women's rights"];
    expect(parseLabels(JSON.stringify(odd), odd)).toMatchObject({ labels: odd, repairs: [] });
    expect(parseLabels("['women's rights', 'and/or']", odd)).toMatchObject({ labels: ['and/or', "women's rights"] });
    expect(parseLabels('["Women’s rights"]', odd).labels).toEqual(["women's rights"]);
    expect(parseLabels('["Women´s  rights"]', odd).labels).toEqual(["women's rights"]);
    expect(parseLabels('["WOMEN`S_RIGHTS"]', odd).labels).toEqual(["women's rights"]);
  });

  it('does not guess between labels that forgiving matching cannot tell apart', () => {
    expect(parseLabels('["a b", "A-B"]', ['a-b', 'a b']).labels).toEqual(['a b']);
  });

  it('joins surrogate pairs written as escapes', () => {
    expect(parseLabels('["\\ud83d\\ude00"]', ['😀'])).toMatchObject({ labels: ['😀'], valid: true });
  });
});

describe('an echoed prompt', () => {
  const instructions =
    'You are a strict multi-label safety classifier. You MUST respond with a JSON array (no prose) containing zero or ' +
    'more labels selected ONLY from this list:\n["racist", "sexist"]\nReturn [] if none apply. Do not include any text outside JSON.';

  it('is skipped, with brackets in the post and the header before the answer', () => {
    const text = `System: ${instructions}\nUser: look ["racist"]\nAssistant: ["sexist"]`;
    expect(parseLabels(text, labels)).toMatchObject({ labels: ['sexist'], repairs: ['surrounding-text', 'echoed-prompt'] });
  });

  it('does not turn into an answer when nothing follows it', () => {
    expect(parseLabels(`system\n${instructions}\nuser\nhello\nassistant\n`, labels)).toMatchObject({ ok: false });
  });

  it('after the answer does no harm', () => {
    expect(parseLabels(`["sexist"]\nsystem\n${instructions}`, labels).labels).toEqual(['sexist']);
  });

  it('of any wording is skipped when the prompt is given', () => {
    const prompt = 'Choose from ["racist", "sexist"].';
    expect(parseLabels(`${prompt} []`, labels, { prompt })).toMatchObject({ ok: true, labels: [] });
  });
});

describe('strictness json', () => {
  it('takes an array that JSON accepts, wherever it stands', () => {
    expect(parseLabels('Well: ["racist", "Sexist"]', labels, { strictness: 'json' })).toMatchObject({
      ok: true,
      labels: ['racist'],
      unknown: ['Sexist'],
    });
  });

  it.each(["['racist']", '["racist",]', '["racist"', '[racist]', '["a\nracist"]', '["racist" "sexist"]'])(
    'refuses %j',
    (text) => {
      expect(parseLabels(text, labels, { strictness: 'json' })).toMatchObject({ ok: false, labels: [] });
    },
  );

  it('says that a repaired array was there', () => {
    for (const text of ["['racist']", '[racist]', '["racist", "sex', '["spam",]', '[{"labels" ["racist"]}]']) {
      expect(parseLabels(text, labels, { strictness: 'json' })).toMatchObject({ reason: 'not-json' });
    }
    expect(parseLabels('["rac', labels, { strictness: 'json' })).toMatchObject({ reason: 'truncated' });
    expect(parseLabels('[1] [x', labels, { strictness: 'json' })).toMatchObject({ ok: false });
  });
});

describe('isValidAnswer', () => {
  it.each(['[]', '["racist"]', ' ["sexist", "racist"]\n'])('accepts %j', (text) => {
    expect(isValidAnswer(text, labels)).toBe(true);
  });

  it.each(['', '["Racist"]', '["spam"]', '["racist", "racist"]', '[["racist"]]', '["racist"].', '{"a": ["racist"]}', '[null]', "['racist']"])(
    'refuses %j',
    (text) => {
      expect(isValidAnswer(text, labels)).toBe(false);
    },
  );
});
