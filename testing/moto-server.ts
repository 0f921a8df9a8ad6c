import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const folders = ['/usr/lib/python3/dist-packages', '/usr/local/lib/shining-wizard/moto/usr/lib/python3/dist-packages'];
const folder = folders.find((path) => existsSync(`${path}/moto/server.py`));

/** Whether moto is on this machine; `scripts/install-moto.sh` brings it. */
export const motoIsThere = folder !== undefined;

/** moto, an imitation of AWS that others wrote: a second opinion, far more lenient than the local cloud. */
export interface MotoServer {
  /** The endpoint of every service. */
  readonly url: string;
  readonly region: string;
  /** Any pair is taken; it checks no signature. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Forgets everything. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port. Its instances are only remembered; the public addresses it shows belong to others: never connect to them. */
export async function startMoto(): Promise<MotoServer> {
  if (folder === undefined) throw new Error('starting moto: it is not installed');
  const code = 'from moto.server import main; main(["-H", "127.0.0.1", "-p", "0"])';
  const server = spawn('/usr/bin/python3', ['-B', '-u', '-c', code], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', PYTHONPATH: folder },
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = await readUrl(server);
  return {
    url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'any' },
    async reset() {
      const { status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
      if (status !== 200) throw new Error(`resetting moto: it answered ${status}`);
    },
    async close() {
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** Reads what it prints until it says where it listens, and goes on reading: a full pipe would stop it. */
function readUrl({ stderr, ...server }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error(`starting moto: process ${server.pid} has no output`);
  const printed: string[] = [];
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stderr });
    lines.on('line', (line) => {
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      else if (printed.length < 100) printed.push(line);
    });
    lines.once('close', () => reject(new Error(`starting moto: it ended with\n${printed.join('\n')}`)));
  });
}
