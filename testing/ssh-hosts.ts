import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/kit/run-command.ts';
import { Secret } from '../src/kit/secret.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { realPart } from './real-part.ts';

const sshd = '/usr/sbin/sshd';

/** Why tests with real SSH hosts are skipped here, or `false`. */
export const sshHostsMissing = (): string | false =>
  realPart('sshd is not installed, or we are not root', existsSync(sshd) && process.getuid?.() === 0);

/** A real sshd on loopback. What lies under /run, /mem, /srv and /var/lib/shining-wizard is its own; the rest it shares with this machine. */
export interface SshHost {
  readonly address: string;
  readonly port: number;
  /** As in a known_hosts file, without the name. */
  readonly hostKey: string;
  start(): Promise<void>;
  /** Nothing listens any more and all sessions are cut off; what runs in the host and its files stay. */
  stop(): Promise<void>;
  /** From the next start on it shows another key. */
  changeHostKey(): Promise<void>;
  allow(isAllowed: boolean): Promise<void>;
  /** Runs a program of the shell in the host, without SSH. */
  inside(text: string): Promise<string>;
  /** Begins a program of the shell in the host, and leaves it to itself. */
  begin(text: string): void;
  /** Everything in memory is lost, as by a restart of the machine. */
  reboot(): Promise<void>;
}

export interface SshHosts {
  readonly user: string;
  readonly key: Secret;
  readonly folder: string;
  add(): Promise<SshHost>;
  close(): Promise<void>;
}

/** Hosts that let one key in, each with a mount namespace of its own. */
export async function sshHosts(): Promise<SshHosts> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-ssh-hosts-'));
  await makeKey(join(folder, 'key'));
  const closing: (() => Promise<void>)[] = [];
  return {
    user: userInfo().username,
    key: new Secret(await readFile(join(folder, 'key'), 'utf8')),
    folder,
    async add() {
      const own = join(folder, `host-${closing.length}`);
      await mkdir(own, { mode: 0o700 });
      const host = await newHost(own, `${await readFile(join(folder, 'key.pub'), 'utf8')}`);
      closing.push(host.close);
      await host.start();
      return host;
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
      await rm(folder, { recursive: true });
    },
  };
}

async function newHost(folder: string, publicKey: string): Promise<SshHost & { close(): Promise<void> }> {
  const address = '127.0.0.1';
  const port = await freePort(address);
  const [hostKeyFile, allowed] = [join(folder, 'host_key'), join(folder, 'authorized_keys')];
  await makeKey(hostKeyFile);
  await writeFile(allowed, publicKey);
  await writeFile(join(folder, 'sshd_config'), settings(address, port, hostKeyFile, allowed));
  const space = await newSpace();
  let daemon: ChildProcess | undefined;
  let hostKey = await publicPart(hostKeyFile);
  const inside = async (text: string): Promise<string> =>
    (await runCommand(['nsenter', '-t', String(space.pid), '-m', 'sh', '-euc', text], { timeLimitMs: 20_000 })).stdout;
  const stop = async (): Promise<void> => {
    const ending = daemon;
    daemon = undefined;
    if (!ending?.pid) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    process.kill(-ending.pid, 'SIGKILL');
    await ended;
    await endSessions(port);
  };
  const start = async (): Promise<void> => {
    const argv = ['-t', String(space.pid), '-m', sshd, '-D', '-e', '-f', join(folder, 'sshd_config')];
    daemon = spawn('nsenter', argv, { stdio: 'ignore', detached: true });
    await settleInRealTime(10_000)(() => listens(address, port));
  };
  return {
    address,
    port,
    get hostKey() {
      return hostKey;
    },
    start,
    stop,
    async changeHostKey() {
      await rm(hostKeyFile);
      await rm(`${hostKeyFile}.pub`);
      await makeKey(hostKeyFile);
      hostKey = await publicPart(hostKeyFile);
    },
    allow: (isAllowed) => writeFile(allowed, isAllowed ? publicKey : ''),
    inside,
    begin(text) {
      const argv = ['-t', String(space.pid), '-m', 'sh', '-euc', text];
      spawn('nsenter', argv, { stdio: 'ignore', detached: true }).unref();
    },
    async reboot() {
      await stop();
      await endAllIn(space.pid);
      await inside('find /run /mem -xdev -mindepth 1 -not -path /run/sshd -delete');
      await start();
    },
    async close() {
      await stop();
      await endAllIn(space.pid);
      await space.end();
    },
  };
}

/** A mount namespace, kept by a process that sleeps in it. What runs in it ends with it. */
async function newSpace(): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const own = ['/run', '/srv', '/mem', '/var/lib/shining-wizard'];
  const mounts = own.map((path) => `mkdir -p ${path} && mount -t tmpfs tmpfs ${path}`).join(' && ');
  const made = `mkdir -p /mem /var/lib/shining-wizard && ${mounts} && mkdir /run/sshd && echo ready && exec sleep 86400`;
  const keeper = spawn('unshare', ['--mount', 'sh', '-c', made], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    keeper.stdout.once('data', resolve);
    keeper.once('exit', () => reject(new Error('no mount namespace could be made')));
  });
  const { pid } = keeper;
  if (pid === undefined) throw new Error('no mount namespace could be made');
  return {
    pid,
    end: async () => {
      const ended = new Promise((resolve) => keeper.once('exit', resolve));
      keeper.kill('SIGKILL');
      await ended;
    },
  };
}

/** Ends every process of the mount namespace but the one that keeps it. */
async function endAllIn(keeper: number): Promise<void> {
  const space = await readlink(`/proc/${keeper}/ns/mnt`);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(keeper))) {
    try {
      if ((await readlink(`/proc/${pid}/ns/mnt`)) === space) process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

/** With this level bash does not take itself for a login and so does not read what this machine's user has in .bashrc. */
const settings = (address: string, port: number, hostKey: string, allowed: string): string => `
ListenAddress ${address}
Port ${port}
HostKey ${hostKey}
AuthorizedKeysFile ${allowed}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 100
LogLevel ERROR
SetEnv SHLVL=5
`;

/** sshd's sessions are processes of their own that outlive it. */
async function endSessions(port: number): Promise<void> {
  const argv = ['ss', '-K', '-t', 'state', 'established', `( sport = :${port} )`];
  await runCommand(argv, { timeLimitMs: 5000, allow: () => true });
}

async function makeKey(path: string): Promise<void> {
  await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path], { timeLimitMs: 10_000 });
}

const publicPart = async (path: string): Promise<string> =>
  (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, address, () => {
      const at = server.address();
      server.close(() => resolve(typeof at === 'object' && at ? at.port : 0));
    });
  });
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
