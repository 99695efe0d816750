import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd] Folder to run in; the repository's by default.
 * @property {Record<string, string>} [env] Variables added to this process's.
 * @property {(line: string) => void} [onLine] Told every line of stdout, which is printed as well.
 */

/**
 * Runs a command with this terminal's input and output, and lets a Ctrl-C reach it alone.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it
 */
export function runCommand(command, args, options = {}) {
  const { cwd = root, env = {}, onLine } = options;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['inherit', onLine === undefined ? 'inherit' : 'pipe', 'inherit'],
    shell: process.platform === 'win32' && (command === 'npx' || command === 'npm'),
  });
  if (onLine !== undefined) watchLines(/** @type {import('node:stream').Readable} */ (child.stdout), onLine);
  // A terminal sends Ctrl-C to the whole group: this process only has to stay until the command has finished its work.
  const stay = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', stay).on('SIGTERM', pass);
  return new Promise((finish, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      process.off('SIGINT', stay).off('SIGTERM', pass);
      finish(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : signal === 'SIGKILL' ? 9 : 1));
    });
  });
}

/** @param {import('node:stream').Readable} stream @param {(line: string) => void} onLine */
function watchLines(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    process.stdout.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => rest !== '' && onLine(rest));
}

/**
 * Runs the pnpm version that package.json pins. It is fetched by npx, because a machine with Node alone has no pnpm;
 * npx puts it on the PATH of everything it starts, so that scripts may call `pnpm` again.
 *
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<number>} its exit code
 */
export function runPnpm(args, options) {
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return runCommand('npx', ['--yes', packageManager, ...args], options);
}
