import { resolve } from 'node:path';
import { createProgress, findAdapterModel, renderHelp, type CommandContext } from '@mmhs/trainer';
import { labelFile } from './file/label-file.ts';
import { labelPost } from './label-post.ts';
import { readSettings } from './read-settings.ts';
import { serve } from './serve.ts';
import { inferSchema } from './settings.ts';

/** Labels one post, a file of posts, or whatever comes over HTTP. */
export async function infer({ argv, env, cwd, signal }: CommandContext): Promise<void> {
  const { settings: given, mode } = readSettings(argv);
  const progress = createProgress({ stream: process.stderr, mode: given.progress, env });
  const adapterFolders = given.adapter.map((folder) => resolve(cwd, folder));
  // Here, where a download can be shown; a server's labelling thread gets the folder.
  const modelFolder = await findAdapterModel({
    adapterFolders, modelId: given.model_id, revision: given.revision, cwd, env, progress, signal,
  });
  const settings = { ...given, model_id: modelFolder };
  switch (mode) {
    case 'post':
      process.stdout.write(await labelPost({ settings, cwd, signal }));
      return;
    case 'file':
      await labelFile({ settings, cwd, progress, signal });
      return;
    case 'serve':
      await serve({
        settings, cwd, signal, log: process.stderr,
        onListening: (url) => process.stdout.write(`Listening on ${url} (the page is at /, Ctrl-C stops)\n`),
      });
  }
}

/** What --help prints. */
export function help(): string {
  const command = 'pnpm --silent --filter infer start --adapter runs/demo/lora_adapter';
  return renderHelp({
    schema: inferSchema,
    summary: 'Label one post, a file of posts, or posts that come over HTTP.',
    usage: 'pnpm --silent --filter infer start --adapter FOLDER (--text TEXT --image FILE | --input FILE --output FILE | --serve) [flags]',
    examples: [
      { command: `${command} --text 'hello' --image post.png`, purpose: 'prints the labels as a JSON array' },
      { command: `${command} --input posts.csv --output labels.jsonl`, purpose: 'labels a file; given again, goes on where it stopped' },
      { command: `${command} --serve --port 8080`, purpose: 'serves POST /invocations and a page at /' },
    ],
    notes: [
      'Exit codes: 0 done; 1 failed; 2 settings not usable; 3 posts or pictures not usable; 4 model not usable; 130 stopped by Ctrl-C, 143 by SIGTERM.',
    ],
  });
}
