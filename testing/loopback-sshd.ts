import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/kit/run-command.ts';
import { Secret } from '../src/kit/secret.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { realPart } from './real-part.ts';

const program = '/usr/sbin/sshd';

/** Why tests with a real `sshd` cannot run here, or `false`. */
export const noSshd = realPart('OpenSSH’s server is not installed', existsSync(program));

/** A real `sshd` of our own on loopback: this machine, signed in to by key as the user that runs the tests. */
export interface LoopbackSshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The private key that is let in, and what the host shows, as `TYPE KEY`. */
  readonly key: Secret;
  readonly hostKeys: readonly string[];
  /** Whom it lets in: lines of public keys. */
  readonly authorizedKeys: string;
  /** Nobody gets in any more, and who is in is thrown out. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const keygen = (path: string): Promise<unknown> =>
  runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path], { timeLimitMs: 20_000 });

export async function loopbackSshd(folder: string): Promise<LoopbackSshd> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Where it puts connections that have not signed in; it insists on it.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKey = join(folder, 'host_key');
  const key = join(folder, 'key');
  await Promise.all([keygen(hostKey), keygen(key)]);
  const port = await freePort();
  const shown = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  const config = join(folder, 'sshd_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${key}.pub`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(program, ['-D', '-e', '-f', config], { stdio: 'ignore', detached: true });
    await settleInRealTime(10_000)(async () => (await scan(port)).includes('ssh-ed25519'));
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    key: new Secret(await readFile(key, 'utf8')),
    hostKeys: [shown.trim()],
    authorizedKeys: `${key}.pub`,
    start,
    async stop() {
      if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function scan(port: number): Promise<string> {
  const about = { timeLimitMs: 5000, allow: () => true };
  return (await runCommand(['ssh-keyscan', '-T', '2', '-p', String(port), '127.0.0.1'], about)).stdout;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
