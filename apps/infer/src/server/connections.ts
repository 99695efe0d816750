import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerAndHangUp, tooSlow } from './broken-http.ts';

/** The open connections of a server, and the requests under way on them. */
export interface Connections {
  /** Calls back once when a request is over: answered, or its connection closed. */
  whenOver(request: FastifyRequest, callback: () => void): void;
  /**
   * Hangs up on the client of a request, with 408 if it has not arrived.
   *
   * @returns false when an earlier request of the same connection is under way: its client may be waiting for the server.
   */
  hangUp(request: FastifyRequest): boolean;
  /**
   * Hangs up on those that wait for no answer. Node's own `closeIdleConnections` keeps connections that never sent
   * anything, as browsers open them in advance.
   */
  closeIdle(): void;
  /** Hangs up on everybody. */
  closeAll(): void;
}

/**
 * Follows connections and their requests. Answers that wait behind another one on their connection hear nothing from Node when
 * that connection closes, nor does a request that was read to its end: so requests are ended here.
 *
 * @param options.requestSeconds longest time for all of a request; then its connection is closed, so that clients that do not read
 * their answers are not waited for
 */
export function followConnections(app: FastifyInstance, options: { readonly requestSeconds: number }): Connections {
  const connections = new Map<Socket, Set<FastifyRequest>>();
  const callbacksOf = new WeakMap<FastifyRequest, (() => void)[]>();
  app.server.on('connection', (socket) => {
    const requests = new Set<FastifyRequest>();
    connections.set(socket, requests);
    socket.once('close', () => {
      connections.delete(socket);
      requests.forEach(end);
    });
  });
  const end = (request: FastifyRequest): void => {
    const callbacks = callbacksOf.get(request) ?? [];
    callbacksOf.delete(request);
    connections.get(request.raw.socket)?.delete(request);
    for (const callback of callbacks) callback();
  };
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { socket } = request.raw;
    const deadline = setTimeout(() => socket.destroy(), options.requestSeconds * 1000);
    callbacksOf.set(request, [() => clearTimeout(deadline)]);
    connections.get(socket)?.add(request);
    reply.raw.once('close', () => end(request));
  });
  return {
    whenOver(request, callback) {
      const callbacks = callbacksOf.get(request);
      if (callbacks === undefined) callback();
      else callbacks.push(callback);
    },
    hangUp(request) {
      const { socket, complete } = request.raw;
      const [oldest] = connections.get(socket) ?? [];
      if (oldest !== undefined && oldest !== request) return false;
      if (complete) socket.destroy();
      else answerAndHangUp(tooSlow(), socket);
      return true;
    },
    closeIdle() {
      for (const [socket, requests] of connections) if (requests.size === 0) socket.destroy();
    },
    closeAll() {
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}
