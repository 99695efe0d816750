import { execSync } from 'node:child_process';

/** What another program measured, by its own account. */
export interface PeerRow {
  readonly variant: string;
  readonly samples_per_s: number;
}

/** Runs a command that prints JSON lines, and takes those about generation. */
export function runPeer(command: string | undefined): PeerRow[] {
  if (command === undefined) return [];
  const output = execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], shell: '/bin/bash' });
  return output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as never)
    .filter((row: { kind?: string }) => row.kind === 'generate');
}
