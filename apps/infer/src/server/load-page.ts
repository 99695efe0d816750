import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A file of the page. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

const folder = join(import.meta.dirname, '../page');

/** Reads the page and bundles its script, so that nothing needs building before the server starts. */
export async function loadPage(): Promise<PageFile[]> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.ts')], bundle: true, write: false, format: 'esm', target: 'es2022', minify: true,
  });
  return [
    { path: '/', type: 'text/html; charset=utf-8', body: await readFile(join(folder, 'index.html'), 'utf8') },
    { path: '/page.css', type: 'text/css; charset=utf-8', body: await readFile(join(folder, 'page.css'), 'utf8') },
    { path: '/icon.svg', type: 'image/svg+xml', body: await readFile(join(folder, 'icon.svg'), 'utf8') },
    { path: '/page.js', type: 'text/javascript; charset=utf-8', body: outputFiles[0]?.text ?? '' },
  ];
}
