import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openPostLabeller } from '../labelling/open-post-labeller.ts';
import { createPostService, type PostService } from '../service.ts';
import type { Command, Reply, Request, ThreadData } from './messages.ts';
import { pictureBuffers } from './picture-buffers.ts';
import { toPlainError, withPlainErrors } from './plain-error.ts';
import { startRequest } from './thread-link.ts';

/** Entry of the thread that reads, decodes and labels posts, so that the server's own thread only moves bytes. */
async function main(port: MessagePort, { settings, limits }: ThreadData): Promise<void> {
  const send = (reply: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer);
  try {
    const service = createPostService({ labeller: await openPostLabeller(settings), limits });
    serve(service, port, send);
    send({ request: startRequest, value: service.adapters });
  } catch (error) {
    send({ request: startRequest, error: toPlainError(error) });
    port.close();
  }
}

function serve(service: PostService, port: MessagePort, send: (reply: Reply, transfer?: ArrayBuffer[]) => void): void {
  const running = new Map<number, AbortController>();
  port.on('message', (message: Request) => {
    if ('cancel' in message) {
      running.get(message.cancel)?.abort();
      return;
    }
    const { request, command } = message;
    const controller = new AbortController();
    running.set(request, controller);
    void execute(service, command, controller.signal)
      .then(({ value, transfer }) => send({ request, value }, transfer), (error: unknown) => send({ request, error: toPlainError(error) }))
      .finally(() => {
        running.delete(request);
        if (command.name === 'close') port.close();
      });
  });
}

async function execute(service: PostService, command: Command, signal: AbortSignal): Promise<{ value: unknown; transfer?: ArrayBuffer[] }> {
  switch (command.name) {
    case 'read': {
      const posts = await service.read({ ...command, signal });
      return { value: withPlainErrors(posts), transfer: pictureBuffers(posts) };
    }
    case 'prepare': {
      const posts = await service.prepare({ ...command, signal });
      return { value: withPlainErrors(posts), transfer: pictureBuffers(posts) };
    }
    case 'label':
      return { value: withPlainErrors(await service.label({ ...command, signal })) };
    case 'prompt':
      return { value: await service.prompt({ ...command, signal }) };
    case 'close':
      return { value: await service.close() };
  }
}

if (parentPort !== null) void main(parentPort, workerData as ThreadData);
