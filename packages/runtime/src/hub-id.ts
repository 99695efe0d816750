import { MmhsError } from '@mmhs/core';

const part = /^\w(?:[\w.-]*\w)?$/;

/** Whether a text can be the name of a model on the Hub, `organisation/name`. */
export function isHubId(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && text.length <= 96 && parts.every((each) => part.test(each) && !/--|\.\./.test(each));
}

/** Whether a text is the full name of a commit. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * Refuses names that cannot be on the Hub, and those that would lead out of the cache folder.
 *
 * @throws MmhsError `MMHS_HUB_SETTINGS`
 */
export function checkHubNames({ id, revision }: { readonly id: string; readonly revision: string }): void {
  if (!isHubId(id)) {
    throw new MmhsError('MMHS_HUB_SETTINGS', 'This cannot be the name of a model on the Hub', {
      got: JSON.stringify(id), expected: 'organisation/name',
    });
  }
  if (/^[\w@+][\w@+./-]*$/.test(revision) && !revision.includes('..')) return;
  throw new MmhsError('MMHS_HUB_SETTINGS', 'This cannot be the name of a revision', {
    where: id, got: JSON.stringify(revision), expected: 'a branch, a tag or a commit',
  });
}
