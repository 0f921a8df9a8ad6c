import { lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { runCommand } from '../run-command.ts';
import type { Secret } from '../secret.ts';
import { readIfThere, writeWhole } from '../supervised-run/run-files.ts';
import { endConnections } from './end-connections.ts';

/** How to reach one machine with `ssh -F CONFIG HOST`. */
export interface SshLogin {
  /** An ssh_config file; the files it names lie beside it. */
  readonly config: string;
  readonly host: string;
}

export interface LoginAbout {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: Secret;
  /** `ssh-ed25519 AAAA…`; none: the key shown at the first login that works is the one from then on. */
  readonly hostKeys: readonly string[];
  /** For messages: `machines.preview`. */
  readonly entry: string;
  /** Whether a connection stays open for a minute for those that follow; whoever ends the login ends it with `endConnections`. Default: no. */
  readonly hold?: boolean;
}

/** Paths of what a login is made of. */
export const loginFiles = (folder: string) => ({
  config: join(folder, 'config'),
  key: join(folder, 'key'),
  knownHosts: join(folder, 'known_hosts'),
  /** Sockets of connections that are held; elsewhere, since on Linux a socket's path has at most 107 bytes. */
  held: join(tmpdir(), `wizard-ssh-${stableHash(folder, 12)}`),
});

/** Writes the files of a login into `folder`, each only where it differs; host keys that are pinned already stay. */
export async function writeLogin(folder: string, about: LoginAbout): Promise<SshLogin> {
  refuseStrange(about);
  const files = loginFiles(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isNewKey = await writeIfOther(files.key, keyText(about.key));
  if (isNewKey) {
    await refuseBadKey(files.key, about.entry);
    // What the key of before had opened.
    await endConnections(files.held);
  }
  const holds = about.hold === true && (await canHold(files.held));
  await writeIfOther(files.config, configText(about, files, holds));
  if (about.hostKeys.length > 0) await pinKeys(folder, about, about.hostKeys);
  return { config: files.config, host: about.host };
}

/** From now on only these host keys (`TYPE KEY`) are believed. */
export async function pinKeys(
  folder: string,
  { host, port }: Pick<LoginAbout, 'host' | 'port'>,
  keys: readonly string[],
): Promise<void> {
  const name = port === 22 ? host : `[${host}]:${port}`;
  await writeIfOther(loginFiles(folder).knownHosts, keys.map((key) => `${name} ${key}\n`).join(''));
}

/** The host keys that are pinned for a login, as `TYPE KEY`; empty before the first one. */
export async function pinnedKeys(config: string): Promise<readonly string[]> {
  return keysIn((await readIfThere(loginFiles(dirname(config)).knownHosts)) ?? '');
}

/** `TYPE KEY` of each line of a known_hosts file or of `ssh-keyscan`. */
export const keysIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/).slice(1, 3).join(' '));

async function writeIfOther(path: string, text: string): Promise<boolean> {
  if ((await readIfThere(path)) === text) return false;
  await writeWhole(path, text);
  return true;
}

/** Without a line's end at its end OpenSSH takes a key for damaged. */
const keyText = (key: Secret): string => `${key.reveal().replaceAll('\r\n', '\n').trimEnd()}\n`;

/** Connections of ours ask nobody and believe only what lies beside this file. */
function configText({ port, user }: LoginAbout, files: ReturnType<typeof loginFiles>, holds: boolean): string {
  const lines = [
    `Port ${port}`,
    `User ${user}`,
    `IdentityFile ${inConfig(files.key)}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'PreferredAuthentications publickey',
    'BatchMode yes',
    `UserKnownHostsFile ${inConfig(files.knownHosts)}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'ConnectTimeout 10',
    'ServerAliveInterval 5',
    'ServerAliveCountMax 3',
    'LogLevel ERROR',
    // One for each address, port and user.
    ...(holds ? [`ControlPath "${files.held.replaceAll('%', '%%')}/%C"`] : []),
  ];
  return `# Made by Shining Wizard.\nHost *\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** In a folder of ours alone; where somebody else made it, connections are not held. */
async function canHold(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  return uid === process.getuid?.() && (mode & 0o077) === 0;
}

const inConfig = (path: string): string => `"${path.replaceAll('%', '%%')}"`;

/** Text that ssh or its configuration would take for something else. */
function refuseStrange({ host, port, user, hostKeys, entry }: LoginAbout): void {
  const strange =
    !/^[A-Za-z0-9:][A-Za-z0-9.:_%-]{0,254}$/.test(host) ||
    !/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(user) ||
    !(Number.isInteger(port) && port > 0 && port < 65_536) ||
    hostKeys.some((key) => !/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n\r]*)?$/.test(key));
  if (!strange) return;
  throw new WizardError(`preparing to sign in to ${JSON.stringify(host)}: address, user or host key cannot be right`, {
    code: 'ssh/bad-address',
    remedy: 'fix-setup',
    hint: `Look at ${entry} in wizard.yml.`,
  });
}

async function refuseBadKey(path: string, entry: string): Promise<void> {
  const doing = `reading the key of ${entry}`;
  const about = { doing, timeLimitMs: 10_000, allow: () => true };
  const { status } = await runCommand(['ssh-keygen', '-y', '-P', '', '-f', path], about);
  if (status === 0) return;
  await rm(path);
  throw new WizardError(`${doing}: it is no private key that opens without a passphrase`, {
    code: 'ssh/bad-key',
    remedy: 'fix-setup',
    hint: `Set ssh-key of ${entry} in wizard.yml to a private key such as "ssh-keygen -t ed25519 -N ''" makes.`,
  });
}
