import { MmhsError } from '@mmhs/core';
import { exitCodeOf } from './flags-exit-code.ts';

/** What a command gets to work with. */
export interface CommandContext {
  /** Words after the command. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder the user is in, also when a package manager changed to the app's folder. */
  readonly cwd: string;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Options of {@link runCommand}. */
export interface RunCommandOptions {
  /** The app's own folder. */
  readonly folder: string;
  readonly help: () => string;
  /** Does the work. */
  readonly run: (context: CommandContext) => Promise<void>;
  /** What happens now, told after a Ctrl-C. */
  readonly onInterrupt: string;
  /** The process to read from and to end; Node's. */
  readonly process: NodeJS.Process;
}

const interruptions = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a command line app: `--help`, Ctrl-C (once: the signal is aborted and the work may end in order; twice: it ends at
 * once), errors as one message on stderr, and the exit code.
 */
export async function runCommand(options: RunCommandOptions): Promise<void> {
  const { process } = options;
  const argv = process.argv.slice(2);
  if (argv.some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(options.help());
    return;
  }
  const controller = new AbortController();
  let interruptedBy: keyof typeof interruptions | undefined;
  const interrupt = (name: keyof typeof interruptions): void => {
    if (interruptedBy !== undefined) process.exit(interruptions[name]);
    interruptedBy = name;
    process.stderr.write(`\n${options.onInterrupt} Press Ctrl-C again to stop at once.\n`);
    controller.abort(new MmhsError('MMHS_INTERRUPTED', 'The run was stopped'));
  };
  const stops = (['SIGINT', 'SIGTERM'] as const).map((name) => ({ name, listener: () => interrupt(name) }));
  for (const { name, listener } of stops) process.on(name, listener);
  try {
    await options.run({ argv, env: process.env, cwd: callerFolder(options), signal: controller.signal });
    if (interruptedBy !== undefined) process.exitCode = interruptions[interruptedBy];
  } catch (error) {
    process.exitCode = interruptedBy === undefined ? exitCodeOf(error) : interruptions[interruptedBy];
    if (!isInterruption(error)) process.stderr.write(`${describeError(error)}\n`);
  } finally {
    for (const { name, listener } of stops) process.off(name, listener);
  }
}

/** Package managers start an app in its own folder and leave the user's in INIT_CWD. */
function callerFolder({ folder, process }: RunCommandOptions): string {
  const current = process.cwd();
  return current === folder ? (process.env['INIT_CWD'] ?? current) : current;
}

function isInterruption(error: unknown): boolean {
  return MmhsError.isInstance(error) && error.code === 'MMHS_INTERRUPTED';
}

/** An expected error as its message; anything else with its stack, for a report. */
function describeError(error: unknown): string {
  if (MmhsError.isInstance(error)) return `Error (${error.code}): ${error.message}`;
  return `Unexpected error, please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
