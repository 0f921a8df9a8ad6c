import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/kit/run-command.ts';
import { settleInRealTime } from '../conformance/settle.ts';
import { host } from './docker.ts';
import type { MachineBed } from './open-machine-bed.ts';

/** What a person has in their home to reach the machines: a key, and ssh's settings. */
export interface Hand {
  readonly folder: string;
  readonly keyFile: string;
  readonly publicKey: string;
  /** Runs a command line on a machine as its first user; rejects when it fails. */
  ssh(address: string, command: string, input?: string): Promise<string>;
  /** Waits until the machine lets us in; a minute at most. */
  reach(address: string): Promise<void>;
  /** A fresh clone; answers its folder. */
  clone(name: 'application' | 'ansible'): Promise<string>;
  /** Runs `ansible-playbook` on a machine, in a clone that is there or in a fresh one. Answers what it printed. */
  configure(address: string, variables: Readonly<Record<string, string>>, clone?: string): Promise<string>;
  /** `cap preview deploy` of a commit of the application: server and commit come from the environment. */
  deploy(address: string, commit: string): Promise<string>;
  /** `cap production deploy`, as the article does it: the stage's file is rewritten first. */
  deployRewritten(address: string, commit: string, clone?: string): Promise<string>;
  close(): Promise<void>;
}

/** The article's commands as a person runs them, one after the other: what the product does is compared with it. */
export async function byHand(bed: Pick<MachineBed, 'repositories'>): Promise<Hand> {
  const folder = await mkdtemp(join(tmpdir(), 'by-hand-'));
  const keyFile = join(folder, 'id');
  await host(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'preview', '-f', keyFile]);
  const publicKey = (await readFile(`${keyFile}.pub`, 'utf8')).trim();
  // Where Capistrano looks for it; ssh itself has to be told.
  const settings = join(folder, '.ssh', 'config');
  await mkdir(join(folder, '.ssh'));
  // Machines come and go behind the same addresses, all within this one bed.
  const lines = ['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR', 'ConnectTimeout 5'];
  await writeFile(settings, ['Host *', ...lines, 'BatchMode yes', `IdentityFile ${keyFile}`, ''].join('\n  '));
  const run = async (argv: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> =>
    (await runCommand(argv, { cwd, env: { ...env, HOME: folder }, timeLimitMs: 300_000, overflow: 'keep-tail' }))
      .stdout;
  const clone = async (name: 'application' | 'ansible'): Promise<string> => {
    const into = join(folder, name);
    await rm(into, { recursive: true, force: true });
    await run(['git', 'clone', '--quiet', bed.repositories[name].path, into], folder);
    return into;
  };
  const ssh = (address: string, command: string, input?: string): Promise<string> =>
    host(['ssh', '-F', settings, `debian@${address}`, command], {
      timeLimitMs: 300_000,
      ...(input === undefined ? {} : { input }),
    });
  return {
    ...{ folder, keyFile, publicKey, ssh, clone },
    reach: (address) =>
      settleInRealTime(60_000)(() =>
        ssh(address, 'true').then(
          () => true,
          () => false,
        ),
      ),
    async configure(address, variables, cloned) {
      const inventory = join(folder, 'inventory.json');
      const about = { ansible_user: 'debian', ansible_ssh_common_args: `-F ${settings}`, deploy_public_key: publicKey };
      const hosts = { [address]: { ...about, ...variables } };
      await writeFile(inventory, JSON.stringify({ shop: { hosts } }));
      return run(['ansible-playbook', '-i', inventory, 'site.yml'], cloned ?? (await clone('ansible')));
    },
    async deploy(address, commit) {
      const env = { WIZARD_SERVER: address, WIZARD_REVISION: commit };
      return run(['cap', 'preview', 'deploy'], await clone('application'), env);
    },
    async deployRewritten(address, commit, cloned) {
      const cwd = cloned ?? (await clone('application'));
      const file = join(cwd, 'config/deploy/production.rb');
      const stage = await readFile(file, 'utf8');
      const server = `server '${address}', user: 'deploy', roles: %w[web app db]`;
      const branch = `set :branch, '${commit}'`;
      await writeFile(file, stage.replace(/^server .*$/m, server).replace(/^set :branch.*$/m, branch));
      return run(['cap', 'production', 'deploy'], cwd);
    },
    close: () => rm(folder, { recursive: true }),
  };
}
