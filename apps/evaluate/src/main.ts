import { join } from 'node:path';
import { runCommand } from '@mmhs/trainer';
import { evaluate, help } from './evaluate.ts';

void runCommand({ folder: join(import.meta.dirname, '..'), help, run: evaluate, onInterrupt: 'Stopping.', process });
