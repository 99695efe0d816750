import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server to measure: one that runs already, or the app started as a process of its own. */
export interface MeasuredServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `http://...` as the only word: that server. Otherwise the words are flags of the app, which is started with --serve. */
export async function startServer(words: readonly string[]): Promise<MeasuredServer> {
  const [first = ''] = words;
  if (first.startsWith('http')) return { url: first.replace(/\/$/u, ''), stop: async () => {} };
  const folder = join(import.meta.dirname, '..');
  const node = ['--conditions=@mmhs/source', '--import=tsx', 'src/main.ts', '--serve', '--port', '0'];
  const child = spawn(process.execPath, [...node, ...words], {
    cwd: folder, env: { ...process.env, INIT_CWD: process.env['INIT_CWD'] ?? process.cwd() }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('The server did not start'))),
  ])) as [string];
  return {
    url: /http:\S+/u.exec(line)?.[0] ?? '',
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Reads one number of GET /metrics. Reading empties the event loop's histogram: the next reading is of the time since. */
export async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'mu').exec(text)?.[1] ?? NaN);
}
