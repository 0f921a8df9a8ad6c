import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statfsSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { treeHash } from '../../../testing/data-world.ts';
import { noSmallDisk } from '../../../testing/small-disk.ts';
import { cloneBytes } from './clone-bytes.ts';
import { makeClone, removeClone, reviveClone } from './make-clone.ts';
import { mountedAt } from './mounts.ts';

const signal = new AbortController().signal;
const method = 'memory';
const megabyte = 1024 ** 2;

/** Golden data, and the folder of a clone of it. */
async function folders(context: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'wizard-memory-'));
  const [from, folder] = [join(root, 'golden'), join(root, 'clones/one')];
  context.after(async () => {
    await removeClone(folder);
    await rm(root, { recursive: true });
  });
  await mkdir(join(from, 'app'), { recursive: true });
  await writeFile(join(from, 'app/users'), Buffer.alloc(4 * megabyte, 'x'));
  await writeFile(join(from, 'notes'), 'alice\n', { mode: 0o640 });
  await mkdir(folder, { recursive: true });
  return { root, from, folder, data: join(folder, 'data') };
}

describe('cloning into memory', { skip: noSmallDisk }, () => {
  test('all files are in a disk in memory of that size, with owners and modes, and go with it', async (context) => {
    const { from, folder, data } = await folders(context);
    await chown(from, 105, 108);
    await chmod(from, 0o750);
    const before = await treeHash(from);
    await makeClone({ from, folder, method, memoryDiskMb: 16, signal });
    assert.equal(await mountedAt(data), 'tmpfs');
    for (const name of ['app/users', 'notes'])
      assert.deepEqual(await readFile(join(data, name)), await readFile(join(from, name)));
    assert.equal(statSync(join(data, 'notes')).mode & 0o777, 0o640);
    const { uid, gid, mode } = statSync(data);
    assert.deepEqual([uid, gid, mode & 0o777], [105, 108, 0o750]);
    const { blocks, bsize } = statfsSync(data);
    assert.equal(blocks * bsize, 16 * megabyte);
    const { own, counted } = await cloneBytes(folder, method);
    assert.ok(counted === 'files' && own >= 4 * megabyte && own < 5 * megabyte, `${own} bytes`);

    await writeFile(join(data, 'notes'), 'bob\n');
    await reviveClone({ from, folder, method });
    assert.equal(await readFile(join(data, 'notes'), 'utf8'), 'bob\n');
    assert.equal(await treeHash(from), before);
    await removeClone(folder);
    assert.ok(!existsSync(folder));
    assert.equal(await mountedAt(data), undefined);
  });

  test('one that was lost is said to be, and what is there is found by a link too', async (context) => {
    const { root, from, folder, data } = await folders(context);
    await makeClone({ from, folder, method, memoryDiskMb: 16, signal });
    await symlink(join(root, 'clones'), join(root, 'link'));
    await reviveClone({ from, folder: join(root, 'link/one'), method });
    execFileSync('umount', [data]);
    await assert.rejects(reviveClone({ from, folder, method }), { code: 'clone/memory-lost', remedy: 'try-again' });
  });

  test('who may not mount is told so', async (context) => {
    const { root, from, folder } = await folders(context);
    for (const path of [root, folder]) await chmod(path, 0o777);
    const make = new URL('make-clone.ts', import.meta.url).href;
    const about = JSON.stringify({ from, folder, method, memoryDiskMb: 16 });
    const script = `const { makeClone } = await import('${make}');
      await makeClone({ ...${about}, signal: new AbortController().signal }).catch(({ code, remedy }) => console.log(code, remedy));`;
    const argv = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '--input-type=module'];
    const { stdout } = spawnSync('setpriv', [...argv, '-e', script], { encoding: 'utf8' });
    assert.equal(stdout, 'clone/no-memory-disk fix-setup\n');
  });
});
