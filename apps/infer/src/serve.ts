import type { AddressInfo } from 'node:net';
import { labellerSettings } from './labeller-settings.ts';
import { createServer } from './server/create-server.ts';
import type { ServerSettings } from './server/settings.ts';
import type { InferSettings } from './settings.ts';
import { startLabellingThread } from './thread/start-labelling-thread.ts';

/** Serves until the signal is aborted, then lets open requests end. */
export async function serve(options: {
  readonly settings: InferSettings;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Told where the server listens. */
  readonly onListening: (url: string) => void;
  readonly log: NodeJS.WritableStream;
}): Promise<void> {
  const { settings, cwd, signal, onListening, log } = options;
  const serverSettings = toServerSettings(settings);
  const service = await startLabellingThread({ settings: labellerSettings(settings, cwd), limits: serverSettings, signal });
  const server = await createServer({ service, settings: serverSettings, log });
  try {
    await server.app.listen({ host: settings.host, port: settings.port });
    const { address, port, family } = server.app.server.address() as AddressInfo;
    onListening(`http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
    await Promise.race([aborted(signal), service.gone]);
  } finally {
    await server.drain();
    await service.close();
  }
}

function toServerSettings(settings: InferSettings): ServerSettings {
  return {
    batchSize: settings.batch_size,
    batchWaitMilliseconds: settings.batch_wait_ms,
    openRequests: settings.max_requests,
    lines: settings.max_lines,
    bodyBytes: Math.floor(settings.max_body_mb * 2 ** 20),
    textLength: settings.max_text_chars,
    pixels: settings.max_image_pixels,
    receiveSeconds: settings.receive_timeout,
    answerSeconds: settings.answer_timeout,
    drainSeconds: settings.drain_timeout,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
