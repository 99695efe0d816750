import { dirname, join } from 'node:path';
import type { Sample } from '@mmhs/core';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from './__fixtures__/temporary-folder.ts';
import type { DataProblem } from './problem.ts';
import { readSamples, type ReadSamplesOptions } from './read-samples.ts';

const labelSet = ['racist', 'sexist', 'religion'];
const folder = useTemporaryFolder();

async function collect(options: ReadSamplesOptions): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of readSamples(options)) samples.push(sample);
  return samples;
}

async function readText(name: string, content: string, options: Partial<ReadSamplesOptions> = {}): Promise<Sample[]> {
  return collect({ path: await folder.write(name, content), labelSet, ...options });
}

describe('readSamples on CSV', () => {
  it('reads the layout of the Python original', async () => {
    const path = await folder.write('original.csv', 'text,image_path,labels\nhello,images/1.jpg,"sexist,racist"\n');
    expect(await collect({ path, labelSet })).toEqual([
      {
        id: '2',
        text: 'hello',
        imagePath: join(dirname(path), 'images/1.jpg'),
        labels: ['racist', 'sexist'],
        source: 'original.csv:2',
      },
    ]);
  });

  it('reads Hateful Memes, where 1 means harmful', async () => {
    const rows = 'id,img,label,text\n7,img/7.png,1,a\n8,img/8.png,0,b\n';
    const samples = await readText('memes.csv', rows, { labelSet: ['harmful'] });
    expect(samples.map(({ id, labels }) => [id, labels])).toEqual([
      ['7', ['harmful']],
      ['8', []],
    ]);
  });

  it('copes with a byte order mark, CRLF, quoted line breaks, doubled quotes and blank lines', async () => {
    const rows = '\uFEFFtext,image,labels\r\n"one\r\ntwo, ""three""\nfour",a.png,\r\n\r\nfive,b.png,religion\r\n';
    const samples = await readText('crlf.csv', rows);
    expect(samples.map(({ text, source }) => [text, source])).toEqual([
      ['one\r\ntwo, "three"\nfour', 'crlf.csv:2'],
      ['five', 'crlf.csv:6'],
    ]);
  });

  it('keeps an empty text empty and a text that says nan as it is', async () => {
    const samples = await readText('nan.csv', 'text,image,labels\n,a.png,\nnan,b.png,\n');
    expect(samples.map(({ text }) => text)).toEqual(['', 'nan']);
  });

  it('reads a label whose name holds commas from JSON, from a Python list, and alone in its cell', async () => {
    const name = `One, "two"/three's`;
    const python = String.raw`['One, "two"/three\'s']`;
    const cells = [JSON.stringify([name]), python, name].map((cell) => `"${cell.replaceAll('"', '""')}"`);
    const rows = `text,image,labels\n${cells.map((cell) => `x,a.png,${cell}`).join('\n')}\n`;
    const samples = await readText('commas.csv', rows, { labelSet: [name] });
    expect(samples.map(({ labels }) => labels)).toEqual([[name], [name], [name]]);
  });

  it('resolves pictures against the image root and leaves absolute paths alone', async () => {
    const rows = 'text,image,labels\nx,a.png,\ny,/abs/b.png,\nz,,\n';
    const samples = await readText('root.csv', rows, { imageRoot: '/pictures' });
    expect(samples.map(({ imagePath }) => imagePath)).toEqual(['/pictures/a.png', '/abs/b.png', undefined]);
  });

  it('names the columns it found when one is missing', async () => {
    await expect(readText('typo.csv', 'txt,image,labels\nx,a.png,\n')).rejects.toMatchObject({
      code: 'MMHS_DATA_MISSING_COLUMN',
      details: { got: '"txt", "image", "labels"', expected: '"text"', where: expect.stringMatching(/typo\.csv:1$/) },
    });
    const mapped = await readText('mapped.csv', 'txt,image,labels\nx,a.png,\n', { columns: { text: 'txt' } });
    expect(mapped.map(({ text }) => text)).toEqual(['x']);
  });

  it('reads posts without pictures or labels only when told so', async () => {
    const rows = 'text\nx\n';
    await expect(readText('text-only.csv', rows)).rejects.toMatchObject({ code: 'MMHS_DATA_MISSING_COLUMN' });
    const samples = await readText('text-only-2.csv', rows, { columns: { image: false }, requireLabels: false });
    expect(samples).toMatchObject([{ text: 'x', imagePath: undefined, labels: [] }]);
  });

  it.each([
    ['too few cells', 'x,a.png', 'MMHS_DATA_ROW_WIDTH', /:3$/],
    ['too many cells', 'x,a.png,racist,sexist', 'MMHS_DATA_ROW_WIDTH', /:3$/],
    ['broken quotes', '"x"y,a.png,"racist"', 'MMHS_DATA_CSV_QUOTES', /:3$/],
    ['an unclosed quote', '"x,a.png,racist', 'MMHS_DATA_CSV_QUOTES', /:3$/],
    ['an unknown label', 'x,a.png,"racist,rascist"', 'MMHS_DATA_UNKNOWN_LABEL', /:3:labels$/],
    ['a label list that is none', 'x,a.png,"[racist]"', 'MMHS_DATA_LABELS', /:3:labels$/],
    ['a post with nothing in it', ',,racist', 'MMHS_DATA_EMPTY_POST', /:3:text$/],
  ])('says where %s is, or skips the row', async (_, row, code, where) => {
    const rows = `text,image,labels\nbefore,a.png,\n${row}\n`;
    await expect(readText('bad.csv', rows)).rejects.toMatchObject({ code, details: { where: expect.stringMatching(where) } });
    const problems: DataProblem[] = [];
    const samples = await readText('bad.csv', rows, { onBadRow: 'skip', onProblem: (problem) => problems.push(problem) });
    expect(samples.map(({ text }) => text)).toEqual(['before']);
    expect(problems).toMatchObject([{ kind: 'row', code, where: expect.stringMatching(where) }]);
  });

  it('goes on after skipped rows with the right line numbers', async () => {
    const rows = 'text,image,labels\n"two\nlines",a.png\nx,b.png,nope\nafter,c.png,racist\n';
    const samples = await readText('resume.csv', rows, { onBadRow: 'skip' });
    expect(samples).toMatchObject([{ text: 'after', source: 'resume.csv:5' }]);
  });

  it('drops and reports unknown labels when told so', async () => {
    const problems: DataProblem[] = [];
    const samples = await readText('drop.csv', 'text,image,labels\nx,a.png,"nope,racist"\n', {
      onUnknownLabel: 'drop',
      onProblem: (problem) => problems.push(problem),
    });
    expect(samples.map(({ labels }) => labels)).toEqual([['racist']]);
    expect(problems).toMatchObject([{ kind: 'label', where: expect.stringMatching(/drop\.csv:2:labels$/) }]);
  });

  it('keeps labels as written without a label list', async () => {
    const path = await folder.write('free.csv', 'text,image,labels\nx,a.png,"b,a,b"\n');
    expect((await collect({ path })).map(({ labels }) => labels)).toEqual([['b', 'a']]);
  });

  it('refuses an identifier that occurs twice, naming the second row', async () => {
    const rows = 'id,text,image,labels\n1,x,a.png,\n1,y,b.png,\n';
    await expect(readText('ids.csv', rows)).rejects.toMatchObject({
      code: 'MMHS_DATA_DUPLICATE_ID',
      details: { where: expect.stringMatching(/ids\.csv:3:id$/), got: '"1"' },
    });
  });

  it('refuses line ends that change within the file instead of merging rows', async () => {
    const rows = 'text,image,labels\r\nx,a.png,racist\ny,b.png,sexist\n';
    await expect(readText('mixed.csv', rows)).rejects.toMatchObject({
      code: 'MMHS_DATA_ROW_WIDTH',
      details: { fix: expect.stringContaining('the same line ends') },
    });
  });

  it('reads back whatever a CSV writer wrote', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', "'", ' ', 'é', '😀', '[') });
    const row = fc.record({ text: cell, image: fc.constant('a.png'), labels: fc.subarray(labelSet) });
    const lineEnd = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1 }), lineEnd, async (rows, newline) => {
        const cells = rows.map(({ text, image, labels }) => ({ text, image, labels: JSON.stringify(labels) }));
        const samples = await readText('any.csv', Papa.unparse(cells, { newline, quotes: true }));
        expect(samples.map(({ text, labels }) => ({ text, labels }))).toEqual(
          rows.map(({ text, labels }) => ({ text, labels })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('reads characters and quoted cells that straddle its chunks', async () => {
    const texts = Array.from({ length: 3000 }, (_, index) => `${'é😀"\r\n,'.repeat(30)}${index}`);
    const rows = texts.map((text) => `"${text.replaceAll('"', '""')}",a.png,racist`).join('\n');
    const samples = await readText('large.csv', `text,image,labels\n${rows}\n`);
    expect(samples.map(({ text }) => text)).toEqual(texts);
  });

  it.each([3, 5000])('refuses text that is not UTF-8 and names its line, %s', async (line) => {
    const rows = Array.from({ length: line - 2 }, (_, index) => `${'é'.repeat(50)}${index},a.png,`);
    const start = Buffer.from(`text,image,labels\n${rows.join('\n')}\n`);
    const path = await folder.write('latin.csv', Buffer.concat([start, Buffer.from('caf\xe9,a.png,\nx,a.png,\n', 'latin1')]));
    await expect(collect({ path, labelSet })).rejects.toMatchObject({
      code: 'MMHS_DATA_ENCODING',
      details: { where: `${path}:${line}`, got: '"caf\ufffd,a.png,"' },
    });
  });

  it('refuses text that ends within a character', async () => {
    const path = await folder.write('cut.jsonl', Buffer.from('{"text":"a","labels":[]}\n{"text":"é').subarray(0, -1));
    await expect(collect({ path, labelSet })).rejects.toMatchObject({ code: 'MMHS_DATA_ENCODING', details: { where: `${path}:2` } });
  });

  it('names a file that does not exist', async () => {
    await expect(collect({ path: '/nowhere/x.csv', labelSet })).rejects.toMatchObject({
      code: 'MMHS_DATA_FILE',
      details: { where: '/nowhere/x.csv' },
    });
  });

  it('reads no further than it is asked and can be stopped', async () => {
    const rows = 'x,a.png,racist\n'.repeat(200_000);
    const path = await folder.write('long.csv', `text,image,labels\n${rows}broken\n`);
    for await (const sample of readSamples({ path, labelSet })) {
      expect(sample.text).toBe('x');
      break;
    }
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of readSamples({ path, labelSet, signal: controller.signal })) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('readSamples on JSON Lines', () => {
  it('reads arrays, nulls, numbers as identifiers, and posts without a picture', async () => {
    const rows = [
      { id: 5, text: 'x\u2028y', image: 'a.png', labels: ['sexist', 'racist', 'sexist'] },
      { id: '6', text: null, image: 'b.png', labels: null },
      { id: '7', text: 'z', labels: "['religion']" },
    ];
    const samples = await readText('rows.jsonl', rows.map((row) => JSON.stringify(row)).join('\r\n'), { imageRoot: '/i' });
    expect(samples).toEqual([
      { id: '5', text: 'x\u2028y', imagePath: '/i/a.png', labels: ['racist', 'sexist'], source: 'rows.jsonl:1' },
      { id: '6', text: '', imagePath: '/i/b.png', labels: [], source: 'rows.jsonl:2' },
      { id: '7', text: 'z', imagePath: undefined, labels: ['religion'], source: 'rows.jsonl:3' },
    ]);
  });

  it('finds the picture of a later row when the first row has none', async () => {
    const samples = await readText('late.jsonl', '{"text":"x","labels":[]}\n{"text":"y","img":"b.png","labels":[]}', {
      imageRoot: '/i',
    });
    expect(samples.map(({ imagePath }) => imagePath)).toEqual([undefined, '/i/b.png']);
  });

  it.each([
    ['broken JSON', '{"text": "x", ', 'MMHS_DATA_JSON', /:2$/],
    ['an array', '["x"]', 'MMHS_DATA_JSON', /:2$/],
    ['a number as text', '{"text": 3, "labels": []}', 'MMHS_DATA_CELL', /:2:text$/],
    ['a list as picture', '{"text": "x", "image": ["a"], "labels": []}', 'MMHS_DATA_CELL', /:2:image$/],
    ['labels that are numbers', '{"text": "x", "labels": [1]}', 'MMHS_DATA_LABELS', /:2:labels$/],
    ['a post without gold labels', '{"text": "x"}', 'MMHS_DATA_NO_LABEL', /:2:labels$/],
  ])('says where %s is', async (_, row, code, where) => {
    const rows = `{"text":"first","image":"a.png","labels":[]}\n${row}\n`;
    await expect(readText('bad.jsonl', rows)).rejects.toMatchObject({ code, details: { where: expect.stringMatching(where) } });
  });

  it('needs the label list of a 0/1 column to say harmful', async () => {
    await expect(readText('binary.jsonl', '{"text":"x","label":1}')).rejects.toMatchObject({
      code: 'MMHS_DATA_UNKNOWN_LABEL',
      details: { fix: expect.stringContaining('["harmful"]') },
    });
  });
});
