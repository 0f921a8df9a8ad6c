import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { settleInRealTime } from '../conformance/settle.ts';
import { type BedProcess, startBedProcess } from './bed-process.ts';

interface PortServer extends BedProcess {
  readonly port: number;
}

interface Starting {
  /** Where its log and the record of its process go. */
  readonly folder: string;
  readonly name: string;
  /** Writes its settings for this port, and answers how it is started. */
  argv(port: number): Promise<readonly string[]>;
  answers(port: number): Promise<boolean>;
  /** Another one at each call. */
  choosePort?(): Promise<number>;
}

const attempts = 5;
const said = /address (already )?in use/i;

/**
 * Starts a server on a port of loopback and waits until it answers. A port that was free may be taken before the server comes to it: a
 * server that ends before it answers, or says that its address is in use, is started anew on another.
 */
export async function startOnFreePort(starting: Starting): Promise<PortServer> {
  const { folder, name, argv, answers, choosePort = freePort } = starting;
  let last = '';
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const port = await choosePort();
    const server = await startBedProcess(folder, `${name}-${port}`, await argv(port));
    const failed = (): boolean => {
      last = readFileSync(join(folder, `${name}-${port}.log`), 'utf8');
      return server.ended() || said.test(last);
    };
    try {
      // In this order: some serve on UDP although TCP is taken, and have said so before they answer.
      await settleInRealTime(20_000)(async () => (await answers(port)) || failed());
      if (!failed()) return { ...server, port };
    } catch (error) {
      await server.stop();
      throw error;
    }
    await server.stop();
  }
  throw new Error(`starting ${name}: on none of ${attempts} ports; at last it said: ${last.slice(-500)}`);
}

/** Free for UDP and for TCP just now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const free = await isFreeForUdp(port);
    server.close();
    await once(server, 'close');
    if (free) return port;
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const bound = new Promise<boolean>((resolve) => {
    socket.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.bind(port, '127.0.0.1');
  const free = await bound;
  socket.close();
  await once(socket, 'close');
  return free;
}
