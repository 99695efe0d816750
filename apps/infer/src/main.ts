import { join } from 'node:path';
import { runCommand } from '@mmhs/trainer';
import { help, infer } from './infer.ts';

void runCommand({ folder: join(import.meta.dirname, '..'), help, run: infer, onInterrupt: 'Stopping.', process });
