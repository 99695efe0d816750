import { extname } from 'node:path';
import type { RawFiles } from '../archive/raw-files.ts';
import { checkDisjoint, type DataSetPlan, type PlannedRow } from './data-set-plan.ts';
import { createFindings, ignoredFiles, splitNames, type SplitName } from './findings.ts';
import { mmhsClassNames, readImageText, readMmhsRaw, type MmhsEntry, type MmhsRaw } from './mmhs150k-raw.ts';
import { decideClasses, voteShares, type VotePolicy } from './vote-policy.ts';

/** Published sizes of the splits. */
const sizes = { train: 134_823, val: 5_000, test: 10_000 } as const;

/**
 * Plans MMHS150K in the original's layout: posts of each split ordered by identifier as text, labels joined by commas.
 *
 * @internal
 */
export async function planMmhs150k(options: {
  readonly raw: RawFiles;
  readonly votePolicy: VotePolicy;
  /** Whether to add the text recognised in the pictures as a column. */
  readonly ocr: boolean;
  readonly signal?: AbortSignal | undefined;
}): Promise<DataSetPlan> {
  const { raw, votePolicy, ocr, signal } = options;
  const data = await readMmhsRaw(raw);
  const findings = createFindings();
  findings.list.push(...ignoredFiles(raw));
  const ids = cleanIds(data, findings);
  checkDisjoint(raw.name, ids);
  const splits: Record<SplitName, PlannedRow[]> = { train: [], val: [], test: [] };
  for (const split of splitNames) {
    for (const id of ids[split]) {
      const entry = data.entries.get(id);
      if (entry === undefined) continue;
      signal?.throwIfAborted();
      const textPath = ocr ? data.imageTexts.get(id) : undefined;
      const imageText = textPath === undefined ? '' : await readImageText(raw, textPath);
      splits[split].push(planRow({ id, entry, rawImage: data.images.get(id), votePolicy, imageText: ocr ? imageText : undefined }));
    }
  }
  addOddities(data, ids, findings);
  const columns = ['text', 'image_path', 'labels', ...(ocr ? ['ocr_text'] : []), ...(votePolicy === 'soft' ? ['soft_labels'] : [])];
  return { columns, classNames: mmhsClassNames, splits, sizes, extraFiles: [], findings: findings.list };
}

function planRow({ id, entry, rawImage, votePolicy, imageText }: {
  readonly id: string;
  readonly entry: MmhsEntry;
  readonly rawImage: string | undefined;
  readonly votePolicy: VotePolicy;
  readonly imageText: string | undefined;
}): PlannedRow {
  const labels = decideClasses(entry.votes, votePolicy).map((number) => mmhsClassNames[number - 1] ?? '');
  const image = `images/${id}${rawImage === undefined ? '.jpg' : extname(rawImage).toLowerCase()}`;
  const shares = voteShares(entry.votes, mmhsClassNames.length).map((share) => Number(share.toFixed(4)));
  return {
    id,
    rawImage,
    image,
    labels,
    cells: [
      entry.text,
      image,
      labels.join(','),
      ...(imageText === undefined ? [] : [imageText]),
      ...(votePolicy === 'soft' ? [JSON.stringify(shares)] : []),
    ],
  };
}

type Findings = ReturnType<typeof createFindings>;

/** Identifiers by split: those that can be file names, once each, ordered as text. */
function cleanIds(data: MmhsRaw, findings: Findings): Record<SplitName, string[]> {
  const clean: Record<SplitName, string[]> = { train: [], val: [], test: [] };
  for (const split of splitNames) {
    const seen = new Set<string>();
    const twice = new Set<string>();
    const bad: string[] = [];
    for (const id of data.ids[split]) {
      if (!/^[\w-]+$/.test(id)) bad.push(id);
      else if (seen.has(id)) twice.add(id);
      else seen.add(id);
    }
    clean[split] = [...seen].sort();
    findings.add({ code: 'bad_ids', split, message: 'lines of the split are no identifiers, and were left out', ids: bad });
    findings.add({
      code: 'duplicate_ids', split, message: 'identifiers stand in the split more than once, and were taken once', ids: [...twice],
    });
  }
  return clean;
}

function addOddities(data: MmhsRaw, ids: Readonly<Record<SplitName, readonly string[]>>, findings: Findings): void {
  const inSplit = new Set(splitNames.flatMap((split) => ids[split]));
  const bad = new Set(data.badEntries.map(({ id }) => id));
  for (const split of splitNames) {
    findings.add({
      code: 'ids_without_entry', split, message: 'posts have no annotation, and were left out',
      ids: ids[split].filter((id) => !data.entries.has(id) && !bad.has(id)),
    });
  }
  findings.add({
    code: 'bad_entries', message: 'annotations cannot be read, and their posts were left out',
    ids: data.badEntries.map(({ id, reason }) => `${id} (${reason})`),
  });
  findings.add({
    code: 'unusual_votes', message: 'posts do not have three votes; the policy was applied to those they have',
    ids: [...data.entries].filter(([, { votes }]) => votes.length !== 3).map(([id]) => id),
  });
  findings.add({
    code: 'entries_without_split', message: 'annotated posts are in no split, and were left out',
    ids: [...data.entries.keys()].filter((id) => !inSplit.has(id)),
  });
  findings.add({
    code: 'images_without_entry', message: 'pictures have no annotation, and were left out (177 in the published archive)',
    ids: [...data.images.keys()].filter((id) => !data.entries.has(id) && !bad.has(id)),
  });
}
