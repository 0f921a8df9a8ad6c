import { connect, type Socket } from 'node:net';

/** Whole packets of the MySQL protocol, one after the other. */
export interface PacketStream {
  /** The next one; rejects when the connection ended. */
  next(): Promise<Buffer>;
  /** `first`: begins a new exchange. */
  send(packet: Buffer, first: boolean): void;
  close(): void;
}

const longestPacket = 0xff_ff_ff;

/** Connects to a server; `socket` is the path of its Unix socket. Rejects when nobody listens, or when the signal aborts. */
export function packetStream(socket: string, signal: AbortSignal): Promise<PacketStream> {
  return new Promise((resolve, reject) => {
    const connection = connect({ path: socket, signal });
    const stream = packetsOf(connection);
    connection.once('connect', () => resolve(stream));
    connection.once('error', reject);
  });
}

function packetsOf(connection: Socket): PacketStream {
  const ready: Buffer[] = [];
  const waiting: { resolve: (packet: Buffer) => void; reject: (error: unknown) => void }[] = [];
  let received: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let sequence = 0;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const one of waiting.splice(0)) one.reject(ended);
  };
  const deliver = (packet: Buffer): void => {
    const one = waiting.shift();
    if (one) one.resolve(packet);
    else ready.push(packet);
  };
  connection.on('data', (bytes) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    while (received.length >= 4) {
      const length = received.readUIntLE(0, 3);
      if (received.length < 4 + length) return;
      sequence = (received[3] ?? 0) + 1;
      parts.push(received.subarray(4, 4 + length));
      received = received.subarray(4 + length);
      if (length === longestPacket) continue;
      deliver(parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts));
      parts = [];
    }
  });
  connection.on('error', end);
  connection.on('close', () => end(new Error('the server closed the connection')));
  return {
    next: () =>
      new Promise((resolve, reject) => {
        const packet = ready.shift();
        if (packet) resolve(packet);
        else if (ended) reject(ended);
        else waiting.push({ resolve, reject });
      }),
    send(packet, first) {
      if (first) sequence = 0;
      const head = Buffer.alloc(4);
      head.writeUIntLE(packet.length, 0, 3);
      head[3] = sequence & 0xff;
      connection.write(Buffer.concat([head, packet]));
    },
    close: () => void connection.end(() => connection.destroy()),
  };
}
