import assert from 'node:assert/strict';
import { access, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { stepWorld } from '../../../testing/step-world.ts';
import type { Claim } from '../../domain/claim.ts';

const claim = aClaim({ role: 'build-install.3f9a2c1d' });
const nth = (generation: number): Claim => ({ ...claim, generation });
const reuse = { files: ['package-lock.json'], keep: ['node_modules'], trusted: true, repository: '1001' };
const install = 'mkdir -p node_modules/left; echo $$ > node_modules/left/pid; ln -s left node_modules/link; echo ran';

test('a step that looked for an earlier build in vain has its time limit too', async (t) => {
  const { world, run, spec } = await stepWorld(t);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  const broken = await run(claim, spec('echo building; sleep 60', { reuse, timeLimitMs: 400 }));
  assert.ok(broken.is === 'broken' && broken.note.startsWith('took longer than 400 ms'));
});

test('a step on the same files is not run again: what it made is brought back', async (t) => {
  const { world, run, spec, logOf } = await stepWorld(t);
  await writeFile(join(world.checkout, 'package-lock.json'), '{"a":1}');
  const wanted = spec(install, { reuse });
  assert.equal((await run(nth(1), wanted)).is, 'ready');
  const made = await readFile(join(world.checkout, 'node_modules/left/pid'), 'utf8');
  await rm(join(world.checkout, 'node_modules'), { recursive: true });
  assert.equal((await run(nth(2), { ...wanted, revision: 'a0'.repeat(20) })).is, 'ready');
  assert.equal(await readFile(join(world.checkout, 'node_modules/left/pid'), 'utf8'), made);
  assert.ok((await lstat(join(world.checkout, 'node_modules/link'))).isSymbolicLink());
  assert.match(await logOf(nth(2)), /reused what an earlier build of the same made: node_modules/);
});

test('another file, command, trust or repository is another step', async (t) => {
  const { world, run, spec, logOf } = await stepWorld(t);
  const again = 'rm -rf node_modules; ';
  const lock = join(world.checkout, 'package-lock.json');
  await writeFile(lock, '1');
  await run(nth(1), spec(again + install, { reuse }));
  await writeFile(lock, '2');
  await run(nth(2), spec(again + install, { reuse }));
  assert.match(await logOf(nth(2)), /ran/);
  await writeFile(lock, '1');
  await run(nth(3), spec(again + install, { reuse: { ...reuse, trusted: false } }));
  assert.match(await logOf(nth(3)), /ran/);
  await run(nth(4), spec(`${again}${install};`, { reuse }));
  assert.match(await logOf(nth(4)), /ran/);
  await run(nth(5), spec(again + install, { reuse }));
  assert.doesNotMatch(await logOf(nth(5)), /ran/);
  await run(nth(6), spec(again + install, { reuse: { ...reuse, repository: '1002' } }));
  assert.match(await logOf(nth(6)), /ran/);
});

test('a failed step is not kept, and a missing file means that nothing is reused', async (t) => {
  const { world, run, spec, logOf } = await stepWorld(t);
  await run(nth(1), spec(`${install}`, { reuse }));
  assert.match(await logOf(nth(1)), /nothing is reused: package-lock.json is not a file/);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  await rm(join(world.checkout, 'node_modules'), { recursive: true });
  assert.equal((await run(nth(2), spec(`${install}; exit 1`, { reuse }))).is, 'broken');
  assert.deepEqual(await readdir(join(world.dataDir, 'cache/steps')), []);
});

test('what is kept or read never lies outside the checkout', async (t) => {
  const { world, run, spec, logOf } = await stepWorld(t);
  const outside = join(world.root, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'precious'), 'mine');
  await symlink(outside, join(world.checkout, 'way-out'));
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  for (const [index, path] of ['../outside', 'way-out/precious', '/etc/hostname'].entries()) {
    const kept = nth(2 * index + 1);
    await run(kept, spec('true', { reuse: { ...reuse, keep: [path] } }));
    assert.match(await logOf(kept), /nothing is kept for later/);
    const read = nth(2 * index + 2);
    await run(read, spec('true', { reuse: { ...reuse, files: [path] } }));
    assert.match(await logOf(read), /nothing is reused/);
  }
  await access(join(outside, 'precious'));
  assert.deepEqual(await readdir(join(world.dataDir, 'cache/steps')), []);
});

test('a step that is destroyed while it looks for an earlier build leaves nothing and starts nothing', async (t) => {
  const { world, driver, spec, until } = await stepWorld(t);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  const wanted = spec('sleep 60', { reuse });
  await driver.create(claim, wanted, aCall());
  await driver.destroy(claim, aCall());
  await until(claim, wanted, ['absent']);
  assert.deepEqual(await world.processesOf(), []);
  assert.deepEqual(await readdir(join(world.dataDir, 'runs')), []);
});
