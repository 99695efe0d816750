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
  /** Requests under way on each connection: several when a client sends the next before it has its answer. */
  const openRequests = new Map<Socket, number>();
  app.server.on('connection', (socket) => {
    openRequests.set(socket, 0);
    socket.once('close', () => openRequests.delete(socket));
  });
  const count = (socket: Socket, change: number): void => {
    const before = openRequests.get(socket);
    if (before !== undefined) openRequests.set(socket, before + change);
  };
  app.addHook('onRequest', async (request) => count(request.raw.socket, 1));
  app.addHook('onResponse', async (request) => count(request.raw.socket, -1));
  return {
    closeIdle() {
      for (const [socket, requests] of openRequests) if (requests === 0) socket.destroy();
    },
    closeAll() {
      for (const socket of openRequests.keys()) socket.destroy();
    },
  };
}
