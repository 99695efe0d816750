import { alignColumns } from '../align-columns.ts';
import { splitNames, type Finding } from './findings.ts';
import type { PreparedDataSet } from './prepare-folder.ts';

const idsShown = 3;

/** Writes what a prepared data set is like as a text: posts and labels per split, and every finding. */
export function formatPrepared(prepared: PreparedDataSet): string {
  const { dataset, folder, outcome, splits, findings } = prepared;
  const made = outcome === 'made' ? 'is ready' : 'was there already, made with the same settings';
  const rows = splitNames.map((split) => {
    const { posts, publishedPosts, labels, withoutLabel } = splits[split];
    return [split, posts, publishedPosts, ...Object.values(labels), withoutLabel].map(String);
  });
  const header = ['', 'posts', 'published', ...Object.keys(splits.train.labels), 'no label'];
  const table = alignColumns([header, ...rows]);
  const list = findings.length === 0 ? ['Nothing odd was found.'] : ['Findings:', ...findings.map(formatFinding)];
  return [`${dataset} ${made}: ${folder}`, '', ...table, '', ...list, ''].join('\n');
}

function formatFinding({ split, count, message, ids, code }: Finding): string {
  const where = split === undefined ? '' : `${split}: `;
  const shown = ids.slice(0, idsShown).join(', ');
  const examples = ids.length === 0 ? '' : ` - ${shown}${ids.length > idsShown ? ', ...' : ''}`;
  return `  ${where}${code === 'split_size' ? '' : `${count} `}${message}${examples}`;
}
