import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { browse } from '../../demo/browse.ts';
import { freePorts, type Playground } from '../../demo/playground.ts';
import { untilServes } from './until-serves.ts';

const run = promisify(execFile);

/** The same work by bare commands, in the best order we know. */
export interface Hand {
  /** Answers the milliseconds until the application at this commit answered. */
  first(sha: string, number: number): Promise<number>;
  /** The next commit beside the running one, on the same data. */
  push(sha: string, number: number): Promise<number>;
  /** Ends what runs; what was made stays for whoever removes the folder. */
  end(): Promise<void>;
}

export async function byHand(ground: Playground, withBundle: boolean): Promise<Hand> {
  const folder = join(ground.folder, 'by-hand');
  const mirror = join(folder, 'mirror.git');
  const golden = join(folder, 'golden');
  await run('mkdir', ['-p', golden]);
  await run('git', ['clone', '--quiet', '--mirror', ground.gitDir, mirror]);
  const load = new URL('../../demo/load-dump.mjs', import.meta.url).pathname;
  await node([load], golden, { WIZARD_DUMP: join(ground.folder, 'staging.sql') });
  let running: ChildProcess[] = [];

  const deploy = async (sha: string, number: number, isFirst: boolean): Promise<number> => {
    const tree = join(folder, sha);
    const data = join(folder, `data-${number}`);
    const began = performance.now();
    const copied = isFirst ? run('cp', ['-a', '--reflink=auto', golden, data]) : undefined;
    await run('git', ['fetch', '--quiet', 'origin', `+refs/pull/${number}/head:refs/pull/${number}/head`], {
      cwd: mirror,
    });
    await run('git', ['worktree', 'add', '--quiet', '--detach', tree, sha], { cwd: mirror });
    await node(['build.mjs'], tree, {});
    if (withBundle) await node(['bundle.mjs'], tree, {});
    await copied;
    await node(['migrate.mjs'], tree, { WIZARD_DATA: data });
    const [port] = await freePorts();
    const env = { ...process.env, WIZARD_DATA: data, WIZARD_REVISION: sha, PORT: String(port) };
    const old = running;
    running = ['web.mjs', 'worker.mjs'].map((file) =>
      spawn(process.execPath, [file], { cwd: tree, env, stdio: 'ignore' }),
    );
    await untilServes(() => browse({ port, host: 'localhost' }), 'x-shop-revision', sha);
    const tookMs = performance.now() - began;
    await endAll(old);
    return tookMs;
  };
  return {
    first: (sha, number) => deploy(sha, number, true),
    push: (sha, number) => deploy(sha, number, false),
    end: async () => {
      await endAll(running);
      running = [];
    },
  };
}

const node = (args: string[], cwd: string, env: Readonly<Record<string, string>>) =>
  run(process.execPath, args, { cwd, env: { ...process.env, ...env } });

const endAll = async (children: readonly ChildProcess[]): Promise<void> =>
  void (await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }),
  ));
