import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** The open connections of a server. */
export interface Connections {
  /**
   * Hangs up on those that wait for no answer. Node's own `closeIdleConnections` keeps connections that never sent
   * anything, as browsers open them in advance.
   */
  closeIdle(): void;
  /** Hangs up on everybody. */
  closeAll(): void;
}

/** Follows which connections have a request under way. */
export function followConnections(app: FastifyInstance): Connections {
  const sockets = new Set<Socket>();
  const busy = new Set<Socket>();
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      busy.delete(socket);
    });
  });
  app.addHook('onRequest', async (request) => {
    busy.add(request.raw.socket);
  });
  app.addHook('onResponse', async (request) => {
    busy.delete(request.raw.socket);
  });
  const close = (chosen: Iterable<Socket>): void => {
    for (const socket of chosen) socket.destroy();
  };
  return {
    closeIdle: () => close([...sockets].filter((socket) => !busy.has(socket))),
    closeAll: () => close([...sockets]),
  };
}
