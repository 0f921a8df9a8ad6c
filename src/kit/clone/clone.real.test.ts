import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { appendFile, chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { treeHash } from '../../../testing/data-world.ts';
import { noPool, type PoolKind, poolDisk, suiteDisk } from '../../../testing/pool-disk.ts';
import { cloneBytes, unsharedOf } from './clone-bytes.ts';
import { type CloneMethod, fasterThan, findCloneMethod } from './clone-method.ts';
import { beginClone, makeClone, removeClone, reviveClone } from './make-clone.ts';
import { mountedAt } from './mounts.ts';
import { makeDataFolder } from './subvolumes.ts';

const signal = new AbortController().signal;
const megabytes = 32;

/** A golden data folder with a big file, a deep one and an owner of its own. */
async function goldenData(root: string, how: 'folder' | 'data-folder'): Promise<string> {
  const data = join(root, 'golden/data');
  await mkdir(join(root, 'golden'), { recursive: true });
  if (how === 'folder') await mkdir(data);
  else await makeDataFolder(data);
  await mkdir(join(data, 'app/deep'), { recursive: true });
  await writeFile(join(data, 'app/deep/users.ibd'), 'alice\n', { mode: 0o640 });
  await writeFile(join(data, 'big'), Buffer.alloc(megabytes * 1024 ** 2, 'x'));
  await chown(join(data, 'big'), 105, 108);
  execFileSync('sync');
  return data;
}

const cases: readonly { disk: PoolKind; how: 'folder' | 'data-folder'; method: CloneMethod }[] = [
  { disk: 'xfs', how: 'data-folder', method: 'reflink' },
  { disk: 'btrfs', how: 'folder', method: 'reflink' },
  { disk: 'btrfs', how: 'data-folder', method: 'snapshot' },
  { disk: 'plain', how: 'data-folder', method: 'overlay' },
];

for (const { disk: kind, how, method } of cases) {
  const skip = noPool(kind) || noPool('xfs');
  describe(`cloning by ${method} on ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 600);

    test(`a ${how} is cloned by ${method}, found by trying, which leaves nothing behind`, async () => {
      const from = await goldenData(join(disk.path, 'found'), how);
      const before = await treeHash(join(disk.path, 'found/golden'));
      const clones = join(disk.path, 'found/clones');
      assert.equal(await findCloneMethod(from, clones), method);
      assert.equal(await treeHash(join(disk.path, 'found/golden')), before);
      assert.deepEqual(execFileSync('ls', ['-A', clones], { encoding: 'utf8' }), '');
      assert.equal(fasterThan(method) === undefined, method !== 'overlay');
    });

    test('a clone has all files with owners and modes, shares no writes, and takes room only for what it changed', async () => {
      const root = join(disk.path, 'made');
      const from = await goldenData(root, how);
      const before = await treeHash(from);
      const [one, two] = [join(root, 'clones/one'), join(root, 'clones/two')];
      for (const folder of [one, two]) {
        await mkdir(folder, { recursive: true });
        await makeClone({ from, folder, method, signal });
      }
      execFileSync('sync');
      const free = statfsSync(disk.path).bavail;
      const big = await stat(join(one, 'data/big'));
      assert.deepEqual([big.uid, big.gid, big.size], [105, 108, megabytes * 1024 ** 2]);
      assert.equal((await stat(join(one, 'data/app/deep/users.ibd'))).mode & 0o777, 0o640);
      await appendFile(join(one, 'data/app/deep/users.ibd'), 'mallory\n');
      execFileSync('sync');
      assert.equal(await readFile(join(two, 'data/app/deep/users.ibd'), 'utf8'), 'alice\n');
      assert.equal(await treeHash(from), before);
      const { own, counted } = await cloneBytes(one, method);
      assert.equal(counted, method === 'overlay' ? 'files' : 'extents');
      assert.ok(own > 0 && own < 4 * 1024 ** 2, `${own} bytes of its own`);
      if (kind !== 'plain') {
        const taken = (free - statfsSync(disk.path).bavail) * statfsSync(disk.path).bsize;
        assert.ok(taken < 8 * 1024 ** 2, `${taken} bytes`);
      }
      for (const folder of [one, two]) {
        await removeClone(folder);
        assert.ok(!existsSync(folder));
        assert.equal(await mountedAt(join(folder, 'data')), undefined);
      }
      await removeClone(one);
      assert.equal(execFileSync('ls', ['-A', join(root, 'clones')], { encoding: 'utf8' }), '');
    });

    test('after a restart of the machine it is there again with what was written', async () => {
      const root = join(disk.path, 'revived');
      const from = await goldenData(root, how);
      const folder = join(root, 'clone');
      await mkdir(folder);
      await makeClone({ from, folder, method, signal });
      await appendFile(join(folder, 'data/app/deep/users.ibd'), 'bob\n');
      if (method === 'overlay') execFileSync('umount', [join(folder, 'data')]);
      await reviveClone({ from, folder, method });
      await reviveClone({ from, folder, method });
      assert.equal(await readFile(join(folder, 'data/app/deep/users.ibd'), 'utf8'), 'alice\nbob\n');
      await removeClone(folder);
    });
  });
}

describe('cloning by copying files', { skip: noPool('xfs') }, () => {
  test('while a thousand files are cloned beside a server others have their turn, and may stop it', async (context) => {
    const disk = poolDisk('xfs');
    context.after(() => disk.close());
    const from = join(disk.path, 'golden');
    await mkdir(join(from, 'many'), { recursive: true });
    for (let file = 0; file < 1000; file += 1) writeFileSync(join(from, 'many', String(file)), 'x');
    const begin = async (name: string, stop: AbortSignal): Promise<() => Promise<void>> => {
      const folder = join(disk.path, name);
      await mkdir(folder);
      const { rest } = await beginClone({ from, folder, method: 'reflink', signal: stop, later: ['many'] });
      assert.ok(rest && !existsSync(join(folder, 'data/many')));
      return rest;
    };
    const there = (name: string): number => readdirSync(join(disk.path, name, 'data/many')).length;
    let turns = 0;
    const counted = (): void => {
      turns += 1;
      counting = setImmediate(counted);
    };
    const rest = await begin('whole', signal);
    let counting = setImmediate(counted);
    await rest().finally(() => clearImmediate(counting));
    assert.equal(there('whole'), 1000);
    assert.ok(turns >= 5, `${turns} turns`);
    const stopping = new AbortController();
    const stopped = (await begin('part', stopping.signal))();
    setImmediate(() => stopping.abort(new Error('stopped')));
    await assert.rejects(stopped, /stopped/);
    assert.ok(there('part') < 1000);
  });

  test('a link that leads out of the data is refused', async (context) => {
    const disk = poolDisk('plain');
    context.after(() => disk.close());
    const from = await goldenData(disk.path, 'folder');
    await symlink('/etc/passwd', join(from, 'out'));
    await mkdir(join(disk.path, 'clone'));
    await assert.rejects(makeClone({ from, folder: join(disk.path, 'clone'), method: 'copy', signal }), {
      code: 'clone/link-leads-out',
    });
  });

  test('a copy that must share blocks fails where none can be shared, and a stopped one stops', async (context) => {
    const disk = poolDisk('plain');
    context.after(() => disk.close());
    const from = await goldenData(disk.path, 'folder');
    for (const name of ['a', 'b']) await mkdir(join(disk.path, name));
    await assert.rejects(makeClone({ from, folder: join(disk.path, 'a'), method: 'reflink', signal }), {
      code: 'ENOTSUP',
    });
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(makeClone({ from, folder: join(disk.path, 'b'), method: 'copy', signal: stopped }), /stopped/);
  });

  test('of a listing of extents only those count that are not shared', () => {
    const listing = ` ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..    4095:      98304..    102399:   4096:
   1:     4096.. 4194303:     102400..   4292607: 4190208:    4296704: last,shared,eof
   2:  4194304.. 4202495:     902400..    910591:   8192:    1296704: last,eof`;
    assert.equal(unsharedOf(listing), 4096 + 8192);
  });
});
