import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  appendFile,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { troubledCheckouts } from '../../../testing/checkout-troubles.ts';
import { checkoutWorld } from '../../../testing/checkout-world.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { claimName } from '../../domain/claim.ts';
import { commitFiles } from '../../kit/commit-files.ts';
import { runGit } from '../../kit/run-git.ts';

resourceLaws({ name: 'checkout keeps the laws of resources', newWorld: troubledCheckouts });

describe('checkout', () => {
  test('the files are exactly those of the commit, and its .git says which it is', async () => {
    await using world = await checkoutWorld();
    const path = await world.made();
    assert.equal(await readFile(join(path, 'index.html'), 'utf8'), 'hello\n');
    assert.notEqual((await lstat(join(path, 'bin/start'))).mode & 0o100, 0);
    const git = async (...args: string[]) => (await runGit(args, { cwd: path, timeLimitMs: 5000 })).stdout.trim();
    assert.equal(await git('rev-parse', 'HEAD'), world.sha);
    assert.equal(await git('log', '-1', '--format=%s'), 'A change');
    assert.equal(await git('ls-files'), 'bin/start\nindex.html');
    assert.equal(existsSync(join(path, '.git/objects/info/alternates')), false);
  });

  test('a hostile tree runs nothing and leads nowhere', async () => {
    await using world = await checkoutWorld();
    const proof = join(world.directory, 'proof');
    const run = `!sh -c "touch ${proof}; cat"`;
    const sha = await world.push({
      passwd: { symlink: '/etc/passwd' },
      up: { symlink: '../../..' },
      '.gitattributes': '* filter=evil text\n*.big filter=lfs\n',
      '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ${run}\n\tupdate = ${run}\n`,
      sub: { submodule: world.sha },
      '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${proof}\n`,
      '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:9/\n',
      'hooks/post-checkout': { executable: `#!/bin/sh\ntouch ${proof}\n` },
      'photo.big': 'version https://git-lfs.github.com/spec/v1\n',
      '--upload-pack=touch proof': 'odd name',
    });
    const path = await world.made(world.specOf(sha));
    assert.equal(await readlink(join(path, 'passwd')), '/etc/passwd');
    assert.equal(await readlink(join(path, 'up')), '../../..');
    assert.deepEqual(await readdir(join(path, 'sub')), []);
    assert.equal(await readFile(join(path, 'photo.big'), 'utf8'), 'version https://git-lfs.github.com/spec/v1\n');
    assert.equal(await readFile(join(path, '--upload-pack=touch proof'), 'utf8'), 'odd name');
    assert.equal(existsSync(proof), false);
    await world.driver.destroy(world.claim, aCall());
    await world.until('absent');
    assert.ok(existsSync('/etc/passwd'));
    assert.ok(existsSync(world.directory), 'what the link leads to is still there');
  });

  test('a filter that is really there is not run: the mirror forbids it', async () => {
    await using world = await checkoutWorld();
    await world.made();
    const [mirror = ''] = await readdir(join(world.directory, 'data/mirrors'));
    const proof = join(world.directory, 'proof');
    const filter = `[filter "evil"]\n\tsmudge = touch ${proof}; cat\n`;
    await appendFile(join(world.directory, 'data/mirrors', mirror, 'config'), filter);
    const sha = await world.push({ '.gitattributes': '* filter=evil\n', 'file.txt': 'text' });
    await world.made(world.specOf(sha), aClaim({ role: 'checkout.00000002' }));
    assert.equal(existsSync(proof), false);
  });

  test('a hook that is really in the mirror is not run', async () => {
    await using world = await checkoutWorld();
    await world.made();
    const [mirror = ''] = await readdir(join(world.directory, 'data/mirrors'));
    const hooks = join(world.directory, 'data/mirrors', mirror, 'hooks');
    const proof = join(world.directory, 'proof');
    await mkdir(hooks, { recursive: true });
    for (const name of ['reference-transaction', 'post-checkout', 'post-index-change'])
      await writeFile(join(hooks, name), `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    const sha = await world.push({ 'file.txt': 'text' });
    await world.made(world.specOf(sha), world.claimOf('checkout.00000002'));
    assert.equal(existsSync(proof), false);
  });

  test('a tree that writes into .git is not written, and only another commit can help', async () => {
    await using world = await checkoutWorld();
    const sha = await world.pushTreeWithGitFolder();
    await world.driver.create(world.claim, world.specOf(sha), aCall());
    const seen = await world.until('broken', world.specOf(sha));
    assert.ok(seen.is === 'broken');
    assert.equal(seen.remedy, 'change-input');
    assert.equal(existsSync(join(world.path(), '.git/hooks/post-checkout')), false);
  });

  test('a commit that is in the mirror needs no repository any more', async () => {
    await using world = await checkoutWorld();
    await world.made();
    await rename(world.gitDir, `${world.gitDir}-away`);
    await world.made(world.spec, aClaim({ role: 'checkout.00000002' }));
  });

  test('a commit that was pushed away before it was fetched is superseded', async () => {
    await using world = await checkoutWorld();
    const gone = 'ab'.repeat(20);
    await world.driver.create(world.claim, world.specOf(gone), aCall());
    const seen = await world.until('broken', world.specOf(gone));
    assert.ok(seen.is === 'broken');
    assert.equal(seen.note, 'superseded: commit abababa is no longer in the repository');
    assert.equal(seen.remedy, 'change-input');
  });

  test('an older commit that no branch names any more is still checked out while the repository has it', async () => {
    await using world = await checkoutWorld();
    const old = world.sha;
    await world.push({ 'index.html': 'rewritten' });
    assert.equal(await readFile(join(await world.made(world.specOf(old)), 'index.html'), 'utf8'), 'hello\n');
  });

  test('a repository that cannot be read is for the operator', async () => {
    await using world = await checkoutWorld();
    await rename(world.gitDir, `${world.gitDir}-away`);
    await world.driver.create(world.claim, world.spec, aCall());
    const seen = await world.until('broken');
    assert.ok(seen.is === 'broken');
    assert.equal(seen.remedy, 'fix-setup');
  });

  test('locks and half packs that a killed git left are cleared away', async () => {
    await using world = await checkoutWorld();
    await world.made();
    const [mirror = ''] = await readdir(join(world.directory, 'data/mirrors'));
    const path = join(world.directory, 'data/mirrors', mirror);
    const leftovers = ['packed-refs.lock', `refs/wizard/commit/${world.sha}.lock`, 'objects/pack/tmp_pack_abc'];
    await mkdir(join(path, 'objects/pack'), { recursive: true });
    for (const name of leftovers) await writeFile(join(path, name), '');
    const sha = await world.push({ 'index.html': 'next' });
    const driver = await world.reopen();
    await driver.create(world.claimOf('checkout.00000002'), world.specOf(sha), aCall());
    await world.until('ready', world.specOf(sha), world.claimOf('checkout.00000002'));
    for (const name of leftovers) assert.equal(existsSync(join(path, name)), false, name);
  });

  test('a damaged mirror is thrown away and fetched anew', async () => {
    await using world = await checkoutWorld();
    await world.made();
    await world.damageMirror();
    const claim = world.claimOf('checkout.00000002');
    await world.driver.create(claim, world.spec, aCall());
    const seen = await world.until('broken', world.spec, claim);
    assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
    await world.driver.destroy(claim, aCall());
    await world.until('absent', world.spec, claim);
    await world.driver.create(claim, world.spec, aCall());
    await world.until('ready', world.spec, claim);
  });

  test('a commit of which a killed fetch left only a part is fetched anew, and the mirror stays', async () => {
    await using world = await checkoutWorld();
    await world.made();
    const mirrors = join(world.directory, 'data/mirrors');
    const [mirror = ''] = await readdir(mirrors);
    const sha = await world.push({ 'index.html': 'next', 'deep/er.txt': 'more' });
    const loose = join('objects', sha.slice(0, 2), sha.slice(2));
    await mkdir(dirname(join(mirrors, mirror, loose)), { recursive: true });
    await copyFile(join(world.gitDir, loose), join(mirrors, mirror, loose));
    await writeFile(join(mirrors, mirror, 'kept'), '');
    const [spec, claim] = [world.specOf(sha), world.claimOf('checkout.00000002')];
    const path = await world.made(spec, claim);
    assert.equal(await readFile(join(path, 'deep/er.txt'), 'utf8'), 'more');
    assert.ok(existsSync(join(mirrors, mirror, 'kept')));
  });

  test('of the commits that were ever fetched, only the newest are remembered over a start', async () => {
    await using world = await checkoutWorld();
    await world.made();
    const [mirror = ''] = await readdir(join(world.directory, 'data/mirrors'));
    const refs = join(world.directory, 'data/mirrors', mirror, 'refs/wizard/commit');
    const names = Array.from({ length: 510 }, (_, index) => (index + 1).toString(16).padStart(40, '0'));
    for (const [index, name] of names.entries()) {
      await writeFile(join(refs, name), `${world.sha}\n`);
      await utimes(join(refs, name), index, index);
    }
    const sha = await world.push({ 'index.html': 'next' });
    const driver = await world.reopen();
    await driver.create(world.claimOf('checkout.00000002'), world.specOf(sha), aCall());
    await world.until('ready', world.specOf(sha), world.claimOf('checkout.00000002'));
    const kept = await readdir(refs);
    assert.deepEqual(new Set(kept), new Set([sha, world.sha, ...names.slice(11)]));
  });

  test('where the code host gives out no commits by hash, its ref is fetched, and an older commit found in what it leads to', async () => {
    await using world = await checkoutWorld({ byHash: false });
    await world.push({ 'index.html': 'newer\n' }, { parent: world.sha });
    assert.equal(await readFile(join(await world.made(), 'index.html'), 'utf8'), 'hello\n');
    await rename(world.gitDir, `${world.gitDir}-away`);
    await world.made(world.spec, world.claimOf('checkout.00000002'));
  });

  test('half a checkout is broken until it is destroyed, and what was half deleted is deleted at the next start', async () => {
    await using world = await checkoutWorld();
    await world.halfMake(world.claim);
    const half = await world.driver.observe(world.claim, world.spec, aCall());
    assert.ok(half.is === 'broken' && half.remedy === 'try-again');
    await mkdir(join(world.root, `.gone-${claimName(world.claimOf('checkout.00000009'))}-0123abcd`, 'deep'), {
      recursive: true,
    });
    await world.reopen();
    await world.until('absent', world.spec, world.claimOf('checkout.00000009'));
    assert.deepEqual(
      (await readdir(world.root)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('a link in the place of a checkout is never ready, and destroying it leaves what it leads to', async () => {
    await using world = await checkoutWorld();
    const path = await world.made();
    const outside = join(world.directory, 'outside');
    await rm(path, { recursive: true });
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), '');
    await symlink(outside, path);
    assert.equal((await world.driver.observe(world.claim, world.spec, aCall())).is, 'broken');
    await world.driver.destroy(world.claim, aCall());
    await world.until('absent');
    assert.ok(existsSync(join(outside, 'precious')));
  });

  test('the loop is told of every end at once', async () => {
    await using world = await checkoutWorld();
    await world.made();
    assert.equal(world.changes.length, 1);
    await world.driver.destroy(world.claim, aCall());
    await world.until('absent');
    assert.ok(world.changes.length >= 2);
    assert.ok(world.changes.every(({ role }) => role === world.claim.role));
  });

  test('twenty at once from one mirror are all whole', async () => {
    await using world = await checkoutWorld();
    const claims = Array.from({ length: 20 }, (_, index) => world.claimOf(`checkout.000000${10 + index}`));
    await Promise.all(claims.map((claim) => world.driver.create(claim, world.spec, aCall())));
    for (const claim of claims) {
      const seen = await world.until('ready', world.spec, claim);
      assert.ok(seen.is === 'ready');
    }
  });

  test('a branch of another repository is checked out too, at the commit that was asked for', async () => {
    await using world = await checkoutWorld();
    const older = await commitFiles(world.gitDir, { ref: 'refs/heads/playbooks/main', files: { 'site.yml': 'one\n' } });
    await commitFiles(world.gitDir, { ref: 'refs/heads/playbooks/main', files: { 'site.yml': 'two\n' } });
    const { number: _, ...rest } = world.spec;
    const wanted = { ...rest, sha: older, branch: 'playbooks/main', besides: 'the-application' };
    const path = await world.made(wanted, world.claimOf('playbooks.00000001'));
    assert.equal(await readFile(join(path, 'site.yml'), 'utf8'), 'one\n');
  });
});
