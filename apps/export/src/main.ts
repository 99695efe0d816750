import { join } from 'node:path';
import { runCommand } from '@mmhs/trainer';
import { exportFolder, help } from './export.ts';

void runCommand({ folder: join(import.meta.dirname, '..'), help, run: exportFolder, onInterrupt: 'Stopping.', process });
