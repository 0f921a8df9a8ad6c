import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Claim, claimName } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { type CheckoutDriver, checkout } from '../src/drivers/checkout/checkout.ts';
import { openPull, pushPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { repositoryFolder } from '../src/drivers/code-hosts/repository-folder/repository-folder.ts';
import { systemClock } from '../src/kit/clock.ts';
import { type CommitOptions, commitFiles, makeBareRepository } from '../src/kit/commit-files.ts';
import { runGit } from '../src/kit/run-git.ts';
import type { CodeHost, GitAccess } from '../src/ports/code-host.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall, aClaim } from './builders.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { silentLog } from './silent-log.ts';

interface CheckoutWorldOptions {
  readonly submodules?: readonly string[];
  /** `false`: git speaks its first protocol, in which only what a ref names is given out. */
  readonly byHash?: boolean;
}

const firstProtocol = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.version', GIT_CONFIG_VALUE_0: '0' };

/** A repository folder with pull request 7 of acme/shop, and a checkout driver over it: real git, real files, gone after `close`. */
export async function checkoutWorld({ submodules = [], byHash = true }: CheckoutWorldOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'checkout-world-'));
  const gitDir = join(directory, 'repositories/acme/shop.git');
  await makeBareRepository(gitDir);
  const files = { 'index.html': 'hello\n', 'bin/start': { executable: '#!/bin/sh\n' } };
  const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files });
  await openPull({ gitDir, number: 7 }, sha, { title: 'A change' });

  const folder = repositoryFolder({ path: join(directory, 'repositories') });
  const gitAccess = async (...asked: Parameters<typeof folder.gitAccess>): Promise<GitAccess> => {
    const access = await folder.gitAccess(...asked);
    return byHash ? access : { ...access, env: { ...access.env, ...firstProtocol } };
  };
  const host: CodeHost = { ...folder, gitAccess };
  const repository = await host.repository('acme/shop', aCall());
  const changes: Pick<Claim, 'environment' | 'role'>[] = [];
  const root = join(directory, 'data/checkouts');
  const drivers: CheckoutDriver[] = [];
  const open = (): CheckoutDriver => {
    const driver = checkout({
      dataDir: join(directory, 'data'),
      codeHostFor: () => host,
      submodulesOf: () => submodules,
      shared: { changed: (claim) => void changes.push(claim) },
      clock: systemClock,
      log: silentLog(),
    });
    drivers.push(driver);
    return driver;
  };
  const driver = open();
  const timeToSettleMs = 20_000;
  const settle = settleInRealTime(timeToSettleMs);
  const specOf = (wanted: string): JsonObject => ({
    repositoryId: repository.id,
    repository: repository.name,
    number: 7,
    sha: wanted,
  });
  const spec = specOf(sha);
  const claim = aClaim({ role: 'checkout.00000001' });
  const path = (of: Claim = claim): string => join(root, claimName(of));

  const until = async (
    state: Observation['is'],
    wanted: JsonObject = spec,
    of: Claim = claim,
  ): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await (drivers.at(-1) ?? driver).observe(of, wanted, aCall());
      if (seen.is === 'broken' && state !== 'broken') assert.fail(`broken: ${seen.note}`);
      return seen.is === state;
    });
    return seen;
  };

  const close = async (): Promise<void> => {
    await Promise.all(drivers.map((one) => one.close()));
    await rm(directory, { recursive: true, force: true });
  };

  return {
    directory,
    gitDir,
    root,
    driver,
    changes,
    sha,
    spec,
    otherSpec: { ...spec, redeploy: 1 },
    specOf,
    claim,
    claimOf: (role: string): Claim => aClaim({ role }),
    role: 'checkout.3f9a2c1d',
    path,
    settle,
    timeToSettleMs,
    until,
    /** As after a kill: what was being made stays half, and a new driver looks at it. */
    async reopen(): Promise<CheckoutDriver> {
      await Promise.all(drivers.map((one) => one.close()));
      return open();
    },
    /** A finished checkout's path. */
    async made(wanted: JsonObject = spec, of: Claim = claim): Promise<string> {
      await driver.create(of, wanted, aCall());
      await until('ready', wanted, of);
      return path(of);
    },
    /** A push to pull request 7; without a parent it is a forced one. */
    async push(changed: CommitOptions['files'], about: Pick<CommitOptions, 'parent'> = {}): Promise<string> {
      const pushed = await commitFiles(gitDir, { ref: 'refs/heads/change', ...about, files: changed });
      await pushPull({ gitDir, number: 7 }, pushed);
      return pushed;
    },
    /** Another repository of the same folder, with one commit; answers it. */
    async otherRepository(name: string, others: CommitOptions['files']): Promise<string> {
      const place = join(directory, 'repositories', `${name}.git`);
      await makeBareRepository(place);
      return commitFiles(place, { ref: 'refs/heads/main', files: others });
    },
    /** A commit whose tree holds `.git/hooks/post-checkout`, which git's own commands would not make. */
    async pushTreeWithGitFolder(): Promise<string> {
      const hook = await commitFiles(gitDir, {
        ref: 'refs/heads/hook',
        files: { 'hooks/post-checkout': { executable: '#!/bin/sh\n' } },
      });
      const line = (await git(['rev-parse', `${hook}^{tree}`])).trim();
      const tree = Buffer.concat([Buffer.from('40000 .git\0'), Buffer.from(line, 'hex')]);
      const top = (await git(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], tree)).trim();
      assert.equal(top, createHash('sha1').update(`tree ${tree.length}\0`).update(tree).digest('hex'));
      const commit = (await git(['commit-tree', '-m', 'Hostile', top])).trim();
      await pushPull({ gitDir, number: 7 }, commit);
      return commit;
    },
    /** Cuts every object of the mirror but the commits short. */
    async damageMirror(): Promise<void> {
      const mirrors = join(directory, 'data/mirrors');
      const [mirror = ''] = await readdir(mirrors);
      const objects = join(mirrors, mirror, 'objects');
      let damaged = 0;
      for (const entry of await readdir(objects, { recursive: true, withFileTypes: true })) {
        const isWanted = `${entry.parentPath.slice(-2)}${entry.name}` === sha;
        if (!entry.isFile() || isWanted) continue;
        await chmod(join(entry.parentPath, entry.name), 0o600);
        await writeFile(join(entry.parentPath, entry.name), '');
        damaged += 1;
      }
      assert.ok(damaged > 0);
    },
    async halfMake(of: Claim): Promise<void> {
      await mkdir(path(of), { recursive: true });
      await writeFile(join(path(of), 'half'), '');
    },
    deleteBehindBack: (of: Claim): Promise<void> => rm(path(of), { recursive: true }),
    count: async (of: Claim): Promise<number> => (existsSync(path(of)) ? 1 : 0),
    strangers: {
      plant: async (): Promise<void> => {
        await mkdir(join(root, 'lost+found'), { recursive: true });
        await writeFile(join(root, 'notes.done'), 'a stranger');
      },
      untouched: async (): Promise<boolean> =>
        existsSync(join(root, 'lost+found')) && existsSync(join(root, 'notes.done')),
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  async function git(args: readonly string[], input?: Uint8Array): Promise<string> {
    const run = { cwd: gitDir, timeLimitMs: 10_000, ...(input === undefined ? {} : { input }) };
    return (await runGit(args, run)).stdout;
  }
}
