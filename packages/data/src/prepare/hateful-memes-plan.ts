import { basename } from 'node:path/posix';
import { findPath, type RawFiles } from '../archive/raw-files.ts';
import { checkDisjoint, type DataSetPlan, type PlannedRow } from './data-set-plan.ts';
import { createFindings, ignoredFiles, splitNames, type SplitName } from './findings.ts';
import { indexPictures, readMemes, type Meme } from './hateful-memes-rows.ts';

/** Which of the fine-grained labels: the attacked group, or the kind of attack. */
export type FineGrainedLabels = 'protected_category' | 'attack';

const fineGrained = {
  protected_category: {
    field: 'gold_pc', none: 'pc_empty', classNames: ['race', 'disability', 'religion', 'nationality', 'sex'],
  },
  attack: {
    field: 'gold_attack', none: 'attack_empty',
    classNames: ['contempt', 'mocking', 'inferiority', 'slurs', 'exclusion', 'dehumanizing', 'inciting_violence'],
  },
} as const;

/** Files per split, the first that is there: of the final release, or of the first phase. */
const binaryFiles = {
  train: ['train.jsonl'],
  val: ['dev_seen.jsonl', 'dev.jsonl'],
  test: ['test_seen.jsonl', 'test.jsonl'],
} as const;

/**
 * Plans Hateful Memes in the original's layout: 0 or 1 in the column `label`; `val` is dev_seen, `test` is test_seen.
 *
 * @internal
 */
export async function planHatefulMemes(raw: RawFiles): Promise<DataSetPlan> {
  const pictures = indexPictures(raw);
  const findings = createFindings();
  findings.list.push(...ignoredFiles(raw));
  const splits: Record<SplitName, PlannedRow[]> = { train: [], val: [], test: [] };
  for (const split of splitNames) {
    const { memes, bad } = await readMemes(raw, binaryFiles[split]);
    findings.add({ code: 'bad_entries', split, message: 'lines cannot be read, and were left out', ids: bad });
    const kept = dropRepeated(memes, split, findings);
    findings.add({
      code: 'unlabelled_rows', split, message: 'posts have no label, and have an empty cell',
      ids: kept.filter(({ label }) => label === undefined || label === null).map(({ id }) => id),
    });
    splits[split] = kept.map((meme) => planRow(meme, pictures, meme.label === 1 ? ['harmful'] : [], String(meme.label ?? '')));
  }
  checkDisjoint(raw.name, imagesOf(splits));
  return {
    columns: ['text', 'image_path', 'label'],
    classNames: ['harmful'],
    splits,
    sizes: { train: 8_500, val: 500, test: 1_000 },
    extraFiles: licenceOf(raw),
    findings: findings.list,
  };
}

/**
 * Plans Hateful Memes with its fine-grained labels, joined by commas in the column `labels`; `val` is dev_seen, `test` is
 * what dev_unseen does not share with it: the test sets have no such labels.
 *
 * @param annotations the files `train.json`, `dev_seen.json` and `dev_unseen.json`.
 * @internal
 */
export async function planFineGrained(raw: RawFiles, annotations: RawFiles, kind: FineGrainedLabels): Promise<DataSetPlan> {
  const pictures = indexPictures(raw);
  const findings = createFindings();
  findings.list.push(...ignoredFiles(raw));
  const { classNames } = fineGrained[kind];
  const unknown = new Set<string>();
  const read = async (split: SplitName, name: string): Promise<PlannedRow[]> => {
    const { memes, bad } = await readMemes(annotations, [name]);
    findings.add({ code: 'bad_entries', split, message: 'lines cannot be read, and were left out', ids: bad });
    return dropRepeated(memes, split, findings).map((meme) => {
      const labels = labelsOf(meme, kind, unknown);
      return planRow(meme, pictures, labels, labels.join(','));
    });
  };
  const train = await read('train', 'train.json');
  const val = await read('val', 'dev_seen.json');
  const unseen = await read('test', 'dev_unseen.json');
  const seen = new Set(val.map(({ image }) => image));
  findings.add({
    code: 'left_out_of_test', split: 'test', message: 'posts of dev_unseen are also in dev_seen, and were left out',
    ids: unseen.filter(({ image }) => seen.has(image)).map(({ id }) => id),
  });
  findings.add({ code: 'unknown_labels', message: 'labels are not of the published list, and were left out', ids: [...unknown] });
  const splits = { train, val, test: unseen.filter(({ image }) => !seen.has(image)) };
  checkDisjoint(raw.name, imagesOf(splits));
  return {
    columns: ['text', 'image_path', 'labels'],
    classNames,
    splits,
    sizes: { train: 8_500, val: 500, test: 140 },
    extraFiles: licenceOf(raw),
    findings: findings.list,
  };
}

function planRow(meme: Meme, pictures: ReadonlyMap<string, string>, labels: readonly string[], cell: string): PlannedRow {
  const name = basename(meme.img);
  const image = `images/${name}`;
  return { id: meme.id, rawImage: pictures.get(name), image, labels, cells: [meme.text, image, cell] };
}

function dropRepeated(memes: readonly Meme[], split: SplitName, findings: ReturnType<typeof createFindings>): Meme[] {
  const byId = new Map<string, Meme>();
  const repeated: string[] = [];
  for (const meme of memes) {
    if (byId.has(meme.id)) repeated.push(meme.id);
    else byId.set(meme.id, meme);
  }
  findings.add({
    code: 'duplicate_ids', split, message: 'identifiers stand in the split more than once, and were taken once', ids: repeated,
  });
  return [...byId.values()];
}

function labelsOf(meme: Meme, kind: FineGrainedLabels, unknown: Set<string>): string[] {
  const { field, none, classNames } = fineGrained[kind];
  const given = (meme[field] ?? []).filter((label) => label !== none);
  for (const label of given) if (!(classNames as readonly string[]).includes(label)) unknown.add(label);
  return classNames.filter((label) => given.includes(label));
}

/** Pictures identify posts in every copy; identifiers are zero-padded in some. */
function imagesOf(splits: Readonly<Record<SplitName, readonly PlannedRow[]>>): Record<SplitName, string[]> {
  const images = (split: SplitName): string[] => splits[split].map(({ image }) => image);
  return { train: images('train'), val: images('val'), test: images('test') };
}

function licenceOf(raw: RawFiles): { raw: string; target: string }[] {
  for (const name of ['LICENSE.txt', 'LICENSE']) {
    const path = findPath(raw, name);
    if (path !== undefined) return [{ raw: path, target: name }];
  }
  return [];
}
