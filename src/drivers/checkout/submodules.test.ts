import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { checkoutWorld } from '../../../testing/checkout-world.ts';
import { runGit } from '../../kit/run-git.ts';

const modules = (...all: readonly (readonly [path: string, url: string])[]): string =>
  all.map(([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`).join('');

type World = Awaited<ReturnType<typeof checkoutWorld>>;

async function refusal(world: World, sha: string): Promise<string> {
  await world.driver.create(world.claim, world.specOf(sha), aCall());
  const seen = await world.until('broken', world.specOf(sha));
  assert.ok(seen.is === 'broken');
  assert.deepEqual([seen.remedy, seen.code], ['change-input', 'checkout/submodule-refused']);
  return seen.note;
}

test('submodules that the operator allows come at their commits, those within them too', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/Lib', 'beta/deep'] });
  const deep = await world.otherRepository('beta/deep', { 'deep.txt': 'deep\n' });
  const files = { 'lib.txt': 'lib\n', '.gitmodules': modules(['vendor/deep', '../../beta/deep.git']) };
  const lib = await world.otherRepository('acme/lib', { ...files, 'vendor/deep': { submodule: deep } });
  await world.otherRepository('acme/lib', { 'lib.txt': 'newer\n' });
  const sha = await world.push({ '.gitmodules': modules(['libs/a', '../lib.git']), 'libs/a': { submodule: lib } });
  const path = await world.made(world.specOf(sha));
  assert.equal(await readFile(join(path, 'libs/a/lib.txt'), 'utf8'), 'lib\n');
  assert.equal(await readFile(join(path, 'libs/a/vendor/deep/deep.txt'), 'utf8'), 'deep\n');
  const head = await runGit(['rev-parse', 'HEAD'], { cwd: join(path, 'libs/a'), timeLimitMs: 5000 });
  assert.equal(head.stdout.trim(), lib);
});

test('a commit without submodules, or with a folder that .gitmodules does not name, is as before', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const sha = await world.push({ sub: { submodule: world.sha }, 'a.txt': 'a' });
  assert.deepEqual(await readdir(join(await world.made(world.specOf(sha)), 'sub')), []);
});

test('a repository that is not allowed does not come, though our access would reach it', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const secret = await world.otherRepository('acme/secret', { 'secret.txt': 'secret\n' });
  const sha = await world.push({ '.gitmodules': modules(['s', '../secret.git']), s: { submodule: secret } });
  assert.match(await refusal(world, sha), /the submodule s is of a repository that is not allowed/);
  assert.equal(existsSync(join(world.path(), 's/secret.txt')), false);
});

test('addresses that lead elsewhere or would run something are refused, and nothing runs', async () => {
  const proof = 'touch proof-of-submodule';
  for (const url of [
    `!sh -c '${proof}'`,
    `ext::sh -c ${proof}`,
    'https://evil.example/acme/lib.git',
    '/etc/acme/lib',
  ]) {
    await using world = await checkoutWorld({ submodules: ['acme/lib'] });
    const sha = await world.push({ '.gitmodules': modules(['s', url]), s: { submodule: world.sha } });
    assert.match(await refusal(world, sha), /not allowed/, url);
    assert.equal(existsSync('proof-of-submodule'), false);
  }
});

test('paths that lead out of the checkout are no submodules of it', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const lib = await world.otherRepository('acme/lib', { 'lib.txt': 'lib\n' });
  const listed = modules(['../out', '../lib.git'], ['link', '../lib.git'], ['sub', '../lib.git']);
  const sha = await world.push({ '.gitmodules': listed, link: { symlink: '..' }, sub: { submodule: lib } });
  const path = await world.made(world.specOf(sha));
  assert.equal(existsSync(join(path, '../out')), false);
  assert.equal(existsSync(join(path, '../lib.txt')), false);
  assert.equal(await readFile(join(path, 'sub/lib.txt'), 'utf8'), 'lib\n');
});

test('a submodule that holds itself ends at the third level', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  let inner = await world.otherRepository('acme/lib', { 'end.txt': 'end\n' });
  for (const _ of [1, 2, 3])
    inner = await world.otherRepository('acme/lib', {
      '.gitmodules': modules(['in', '../lib.git']),
      in: { submodule: inner },
    });
  const sha = await world.push({ '.gitmodules': modules(['in', '../lib.git']), in: { submodule: inner } });
  assert.match(await refusal(world, sha), /deeper than 3 levels/);
});

test('two names for one place are one submodule', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const lib = await world.otherRepository('acme/lib', { 'lib.txt': 'lib\n' });
  const again = '[submodule "again"]\n\tpath = sub\n\turl = ../lib.git\n';
  const sha = await world.push({ '.gitmodules': modules(['sub', '../lib.git']) + again, sub: { submodule: lib } });
  assert.equal(await readFile(join(await world.made(world.specOf(sha)), 'sub/lib.txt'), 'utf8'), 'lib\n');
});

test('more entries than there may be submodules are refused before git is asked for any of them', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const all = Array.from({ length: 20_000 }, (_, index) => [`sub${index}`, '../lib.git'] as const);
  const sha = await world.push({ '.gitmodules': modules(...all), 'a.txt': 'a' });
  assert.match(await refusal(world, sha), /there are more than 100 submodules/);
});

test('a path that no file could have is none of a submodule', async () => {
  await using world = await checkoutWorld({ submodules: ['acme/lib'] });
  const lib = await world.otherRepository('acme/lib', { 'lib.txt': 'lib\n' });
  const listed = modules(['x'.repeat(200_000), '../lib.git'], ['sub', '../lib.git']);
  const sha = await world.push({ '.gitmodules': listed, sub: { submodule: lib } });
  assert.equal(await readFile(join(await world.made(world.specOf(sha)), 'sub/lib.txt'), 'utf8'), 'lib\n');
});
