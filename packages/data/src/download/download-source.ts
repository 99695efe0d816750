/** Where a file comes from. Its address may have to be found out anew for each connection. */
export interface DownloadSource {
  /** What it is called in messages; partial downloads of another name are not continued. */
  readonly name: string;
  /** Finds out the address. */
  readonly resolve: (options: { readonly fetch: Fetch; readonly signal: AbortSignal }) => Promise<DownloadTarget>;
}

/** An address to read from. */
export interface DownloadTarget {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The web's `fetch`, or one that goes through a proxy. */
export type Fetch = typeof globalThis.fetch;

/** A file at a fixed address. */
export function urlSource(url: string, headers: Readonly<Record<string, string>> = {}): DownloadSource {
  return { name: url, resolve: async () => ({ url, headers }) };
}
