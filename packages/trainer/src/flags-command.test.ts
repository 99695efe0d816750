import { EventEmitter } from 'node:events';
import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { runCommand, type CommandContext } from './flags-command.ts';
import { exitCodeOf } from './flags-exit-code.ts';

interface FakeProcess {
  readonly process: NodeJS.Process;
  readonly out: string[];
  readonly err: string[];
  /** Codes that `process.exit` was called with. */
  readonly exits: number[];
  signal(name: 'SIGINT' | 'SIGTERM'): void;
}

function createProcess(options: { argv?: string[]; cwd?: string; env?: Record<string, string> } = {}): FakeProcess {
  const [out, err, exits]: [string[], string[], number[]] = [[], [], []];
  const emitter = new EventEmitter();
  const process = Object.assign(emitter, {
    argv: ['node', 'main.ts', ...(options.argv ?? [])],
    env: options.env ?? {},
    exitCode: undefined,
    cwd: () => options.cwd ?? '/somewhere',
    exit: (code: number) => exits.push(code),
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
  }) as unknown as NodeJS.Process;
  return { process, out, err, exits, signal: (name) => void emitter.emit(name) };
}

function start(fake: FakeProcess, run: (context: CommandContext) => Promise<void>): Promise<void> {
  return runCommand({ folder: '/app', help: () => 'HELP\n', run, onInterrupt: 'Stopping.', process: fake.process });
}

const untilAborted = ({ signal }: CommandContext): Promise<void> =>
  new Promise((_finish, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)));

describe('a command', () => {
  it('writes its help to stdout and does nothing else', async () => {
    const fake = createProcess({ argv: ['--seed', '1', '--help'] });
    await start(fake, () => Promise.reject(new Error('ran')));
    expect([fake.out, fake.err, fake.process.exitCode]).toEqual([['HELP\n'], [], undefined]);
  });

  it("gets the user's folder when a package manager changed to the app's", async () => {
    const seen: string[] = [];
    const note = async ({ cwd }: CommandContext): Promise<void> => void seen.push(cwd);
    await start(createProcess({ cwd: '/app', env: { INIT_CWD: '/home' } }), note);
    await start(createProcess({ cwd: '/other', env: { INIT_CWD: '/home' } }), note);
    expect(seen).toEqual(['/home', '/other']);
  });

  it('writes an expected error as one message, without a stack', async () => {
    const fake = createProcess();
    await start(fake, () => Promise.reject(new MmhsError('MMHS_DATA_FILE', 'No file', { where: 'a.csv' })));
    expect(fake.err).toEqual(['Error (MMHS_DATA_FILE): a.csv: No file\n']);
    expect(fake.process.exitCode).toBe(3);
  });

  it('writes any other error with its stack', async () => {
    const fake = createProcess();
    await start(fake, () => Promise.reject(new TypeError('oops')));
    expect(fake.err.join('')).toMatch(/^Unexpected error, please report it:\nTypeError: oops\n +at /);
    expect(fake.process.exitCode).toBe(1);
  });
});

describe('Ctrl-C', () => {
  it('aborts the work, which may end in order, and gives exit code 130', async () => {
    const fake = createProcess();
    const running = start(fake, untilAborted);
    fake.signal('SIGINT');
    await running;
    expect([fake.process.exitCode, fake.exits]).toEqual([130, []]);
    expect(fake.err).toEqual(['\nStopping. Press Ctrl-C again to stop at once.\n']);
  });

  it('gives 130 also when the work returns after it', async () => {
    const fake = createProcess();
    await start(fake, async () => fake.signal('SIGINT'));
    expect(fake.process.exitCode).toBe(130);
  });

  it('ends the process at once the second time', async () => {
    const fake = createProcess();
    const running = start(fake, untilAborted);
    fake.signal('SIGINT');
    fake.signal('SIGINT');
    await running;
    expect(fake.exits).toEqual([130]);
  });

  it('leaves no listeners behind', async () => {
    const fake = createProcess();
    await start(fake, () => Promise.resolve());
    expect(fake.process.listenerCount('SIGINT') + fake.process.listenerCount('SIGTERM')).toBe(0);
  });

  it('still tells of an error while stopping', async () => {
    const fake = createProcess();
    const running = start(fake, async (context) => untilAborted(context).catch(() => Promise.reject(new MmhsError('MMHS_DISK', 'Full'))));
    fake.signal('SIGTERM');
    await running;
    expect(fake.err.at(-1)).toBe('Error (MMHS_DISK): Full\n');
    expect(fake.process.exitCode).toBe(143);
  });
});

it.each([
  ['MMHS_CONFIG_UNKNOWN', 2], ['MMHS_LORA_NO_MATCH', 2], ['MMHS_DATA_FILE', 3], ['MMHS_IMAGE_CORRUPT', 3],
  ['MMHS_MODEL_NOT_FOUND', 4], ['MMHS_LORA_SHAPE', 4], ['MMHS_RUNTIME_DEVICE', 4], ['MMHS_RUNTIME_FAILED', 1],
])('an error %s ends with exit code %i', (code, exitCode) => {
  expect(exitCodeOf(new MmhsError(code, 'x'))).toBe(exitCode);
});
