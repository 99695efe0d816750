import { MmhsError } from '@mmhs/core';
import { ConnectionError } from './connection-error.ts';
import type { DownloadSource, DownloadTarget } from './download-source.ts';

/**
 * A publicly shared file on Google Drive. Large files are behind a page that asks whether to download them although they
 * are too large to be scanned for viruses; its form is followed, anew for each connection.
 */
export function googleDriveSource(options: {
  /** The file's identifier, as in its link. */
  readonly id: string;
  /** Where Drive is. @default 'https://drive.google.com' */
  readonly baseUrl?: string;
}): DownloadSource {
  const { id, baseUrl = 'https://drive.google.com' } = options;
  const name = `${baseUrl}/file/d/${id}`;
  return {
    name,
    async resolve({ fetch, signal }) {
      const response = await fetch(`${baseUrl}/uc?${new URLSearchParams({ export: 'download', id })}`, { signal });
      if (response.headers.get('content-type')?.startsWith('text/html') !== true) {
        await response.body?.cancel();
        return { url: response.url };
      }
      const page = await response.text();
      if (response.status >= 500 || response.status === 429) throw new ConnectionError(`Drive answered ${response.status}`);
      return readForm({ page, name, baseUrl: response.url });
    },
  };
}

function readForm({ page, name, baseUrl }: {
  readonly page: string;
  readonly name: string;
  readonly baseUrl: string;
}): DownloadTarget {
  const form = /<form\b[^>]*\bid="download-form"[^>]*>[^]*?<\/form>/.exec(page)?.[0];
  const action = attribute(form, 'action');
  if (form === undefined || action === undefined) throw noForm(name, page);
  const url = new URL(action, baseUrl);
  for (const input of form.match(/<input\b[^>]*>/g) ?? []) {
    const field = attribute(input, 'name');
    if (field !== undefined) url.searchParams.set(field, attribute(input, 'value') ?? '');
  }
  const isGoogle = url.protocol === 'https:' && /\.(google|googleusercontent)\.com$/.test(url.hostname);
  if (!isGoogle && url.origin !== new URL(baseUrl).origin) throw noForm(name, page);
  return { url: url.href };
}

function attribute(tag: string | undefined, name: string): string | undefined {
  return tag === undefined ? undefined : new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');
}

function noForm(name: string, page: string): MmhsError {
  const quota = /quota exceeded|too many users/i.test(page);
  return new MmhsError('MMHS_DATA_DOWNLOAD', 'Google Drive does not give the file', {
    where: name,
    got: quota ? 'a page that says too many have downloaded it lately' : 'a page without a download form',
    fix: 'try again a day later or another source, or download it with a browser and pass the file as the archive',
  });
}
