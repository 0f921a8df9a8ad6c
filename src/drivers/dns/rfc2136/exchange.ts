import { connect, type Socket } from 'node:net';
import { WizardError } from '../../../domain/wizard-error.ts';
import { unlessAborted } from '../../../kit/one-at-a-time.ts';
import type { Clock } from '../../../ports/clock.ts';
import { numbers16 } from './wire.ts';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface Exchanging {
  readonly server: ServerAddress;
  readonly doing: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const answerLimitMs = 4_000;

/**
 * Sends messages over one connection and answers what came back, by their ids, in the order of the questions. TCP, which every name
 * server must speak: a list may be longer than a datagram, and an update must not be sent twice by a retransmission.
 */
export async function exchange(messages: readonly Buffer[], about: Exchanging): Promise<readonly Buffer[]> {
  const { server, doing, signal, clock } = about;
  signal.throwIfAborted();
  const socket = connect(server);
  const cancel = clock.after(answerLimitMs, () => socket.destroy(new Error(`no answer within ${answerLimitMs} ms`)));
  try {
    return await unlessAborted(talk(socket, messages), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new WizardError(`${doing}: no answer from the name server ${server.host} port ${server.port}`, {
      code: 'dns/unreachable',
      remedy: 'try-again',
      hint: 'Check "server" under dns, and that this server can reach it over TCP.',
      cause,
    });
  } finally {
    cancel();
    socket.destroy();
  }
}

function talk(socket: Socket, messages: readonly Buffer[]): Promise<readonly Buffer[]> {
  const answers = new Map<number, Buffer>();
  const ids = messages.map((message) => message.readUInt16BE(0));
  let rest: Buffer = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (piece: Buffer) => {
      rest = Buffer.concat([rest, piece]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        // Shorter than its own head: nothing that could be told apart.
        if (end < 14) return socket.destroy(new Error('an answer is too short'));
        answers.set(rest.readUInt16BE(2), Buffer.from(rest.subarray(2, end)));
        rest = rest.subarray(end);
      }
      const all = ids.flatMap((id) => answers.get(id) ?? []);
      if (all.length === ids.length) resolve(all);
      return undefined;
    });
    for (const message of messages) socket.write(Buffer.concat([numbers16(message.length), message]));
  });
}
