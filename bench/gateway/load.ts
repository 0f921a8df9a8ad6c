import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { median } from '../figures.ts';
import { benchHost } from './bench-host.ts';

/** What one burst of load showed. */
export interface Burst {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

export interface BurstAbout {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

/** wrk from C, so that the generator does not compete for the two cores more than it must. */
export async function burstByWrk({ port, path, connections, seconds }: BurstAbout): Promise<Burst> {
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ['--latency', '-t1', `-c${connections}`, `-d${seconds}s`, '-H', `Host: ${benchHost}`, url];
  const { stdout } = await promisify(execFile)('wrk', args);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`measuring ${url}: ${stdout}`);
  const [, p50 = '0', unit = 'ms'] = /50%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit] ?? 1;
  return {
    count: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: Number(p50) * scale,
  };
}

/** Messages of 1 KB, each sent when the last came back. */
export async function burstOfEchoes({ port, connections, seconds }: BurstAbout): Promise<Burst> {
  const message = Buffer.alloc(1 << 10, 97);
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(port)));
  const burst = await repeat(connections, seconds, (index) => echo(sockets[index], message));
  for (const socket of sockets) socket.terminate();
  return burst;
}

function openSocket(port: number): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: benchHost }, perMessageDeflate: false });
    socket.once('open', () => resolve(socket)).once('error', reject);
  });
}

const echo = (socket: WebSocket | undefined, message: Buffer): Promise<void> =>
  new Promise((resolve) => {
    socket?.once('message', () => resolve());
    socket?.send(message);
  });

async function repeat(connections: number, seconds: number, once: (index: number) => Promise<void>): Promise<Burst> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      for (let at = performance.now(); at < end; ) {
        await once(index);
        const now = performance.now();
        times.push(now - at);
        at = now;
      }
    }),
  );
  const seconds_ = (performance.now() - start) / 1000;
  return { count: times.length, perSecond: times.length / seconds_, p50Ms: median(times) };
}
