import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const folders = ['/usr/lib/python3/dist-packages', '/usr/local/lib/shining-wizard/moto/usr/lib/python3/dist-packages'];
/** One image, as the local cloud has it: to make the hundreds of its own anew after each `reset` takes a second. */
const images = fileURLToPath(new URL('moto-images.json', import.meta.url));
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
  /** Makes an instance profile of this name, which is not EC2's but IAM's to do. */
  addProfile(name: string): Promise<void>;
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
    env: {
      ...{ PATH: '/usr/bin:/bin', PYTHONPATH: folder, MOTO_AMIS_PATH: images },
      // It can be as strict as AWS in these, and is not by itself.
      ...{ MOTO_ENABLE_AMI_VALIDATION: 'true', MOTO_ENABLE_KEYPAIR_VALIDATION: 'true' },
    },
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = await readUrl(server);
  const post = async (what: string, path: string, request: RequestInit = {}): Promise<void> => {
    const { status } = await fetch(`${url}${path}`, { method: 'POST', ...request });
    if (status !== 200) throw new Error(`${what} moto: it answered ${status}`);
  };
  return {
    url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'any' },
    addProfile: (name) =>
      post('adding a profile to', '/', {
        body: new URLSearchParams({
          Action: 'CreateInstanceProfile',
          Version: '2010-05-08',
          InstanceProfileName: name,
        }),
        // By this it knows which service is meant.
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/us-east-1/iam/aws4_request' },
      }),
    reset: () => post('resetting', '/moto-api/reset'),
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
