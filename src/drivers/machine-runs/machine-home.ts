import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted } from '../../domain/shell-text.ts';
import { findProgram } from './find-program.ts';
import type { MachineTarget } from './machine-target.ts';

/** What lies in the directory of a run, beside what every run has there. */
export const homeFiles = (directory: string) => {
  const home = join(directory, 'home');
  return {
    home,
    sshConfig: join(home, '.ssh', 'config'),
    /** First in the PATH: `ssh`, `scp` and `sftp` that know the machine. */
    programs: join(directory, 'bin'),
    /** A copy of the checkout, where its files are changed. */
    work: join(directory, 'work'),
    inventory: join(directory, 'inventory.json'),
    variables: join(directory, 'variables.json'),
    /** Where Ruby finds what we have it load. */
    ruby: join(directory, 'ruby'),
    sockets: join(directory, 'cp'),
    /** There once the machine has said that it serves the commit. */
    proven: join(directory, 'proven'),
  };
};

/**
 * Makes a home from which the machine is reached without a question: Net::SSH reads its `.ssh/config`, OpenSSH, which looks into the
 * home of the password file instead, gets it through the programs in `bin`. Other hosts are reached as always.
 */
export async function makeHome(directory: string, target: MachineTarget): Promise<void> {
  const { home, sshConfig, programs } = homeFiles(directory);
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await mkdir(programs, { recursive: true, mode: 0o700 });
  await writeFile(sshConfig, sshConfigFor(target), { mode: 0o600 });
  for (const name of ['ssh', 'scp', 'sftp']) {
    const real = await findProgram(name);
    if (real === undefined) continue;
    const path = join(programs, name);
    await writeFile(path, `#!/bin/sh\nexec ${quoted(real)} -F ${quoted(sshConfig)} "$@"\n`);
    await chmod(path, 0o700);
  }
}

/** What a program finds of the machine in its environment. */
export function homeEnvironment(directory: string, target: MachineTarget, path: string): Record<string, string> {
  const { home, programs, sshConfig } = homeFiles(directory);
  return {
    HOME: home,
    PATH: `${programs}:${path}`,
    WIZARD_SERVER: target.host,
    WIZARD_SERVER_PORT: String(target.port),
    WIZARD_SERVER_USER: target.user,
    WIZARD_SSH_CONFIG: sshConfig,
    WIZARD_SSH_KEY: target.key,
  };
}

const sshConfigFor = ({ host, port, user, key, knownHosts }: MachineTarget): string =>
  `Host machine ${host}
  HostName ${host}
  Port ${port}
  User ${user}
  IdentityFile "${key}"
  IdentitiesOnly yes
  UserKnownHostsFile "${knownHosts}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  PreferredAuthentications publickey
  PasswordAuthentication no
  BatchMode yes
  ConnectTimeout 10
  ServerAliveInterval 15
  ServerAliveCountMax 4
`;
