import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes as they are and returns everything that comes back until the server hangs up. */
export async function exchange({ port }: { readonly port: number }, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => { answer += chunk.toString(); }).on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}
