import { runApp } from './run-app.ts';

void runApp(process);
