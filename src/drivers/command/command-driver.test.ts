import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { access, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { groupsFor } from '../../../testing/control-groups.ts';
import { runWorld } from '../../../testing/run-world.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type CommandDriver, commandDriver } from './command-driver.ts';

const claim = aClaim({ role: 'build-install.3f9a2c1d' });
const nth = (generation: number): Claim => ({ ...claim, generation });

async function opened(t: TestContext) {
  const world = await runWorld();
  const drivers: CommandDriver[] = [];
  const open = (): CommandDriver => {
    drivers.at(-1)?.close();
    const driver = commandDriver(world.options);
    drivers.push(driver);
    return driver;
  };
  t.after(async () => {
    for (const driver of drivers) driver.close();
    await world.close();
  });
  const spec = (script: string, over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    run: ['sh', '-euc', script],
    revision: '3f'.repeat(20),
    timeLimitMs: 20_000,
    env: {},
    ...over,
  });
  const driver = open();
  const until = async (of: Claim, wanted: JsonObject, states: readonly Observation['is'][]): Promise<Observation> => {
    let last: Observation = { is: 'absent' };
    await world.settle(async () => {
      last = await (drivers.at(-1) ?? driver).observe(of, wanted, aCall());
      return states.includes(last.is);
    });
    return last;
  };
  const run = async (of: Claim, wanted: JsonObject): Promise<Observation> => {
    await (drivers.at(-1) ?? driver).create(of, wanted, aCall());
    return until(of, wanted, ['ready', 'broken']);
  };
  const logOf = async (of: Claim): Promise<string> =>
    (await (drivers.at(-1) ?? driver).readLog?.(of, 0, aCall()))?.text ?? '';
  return { world, driver, open, spec, until, run, logOf };
}

test('a step that runs is arriving with its last line, and ready when it ended well', async (t) => {
  const { world, driver, spec, until, logOf } = await opened(t);
  const wanted = spec('echo one; echo two; while [ ! -e go ]; do sleep 0.02; done; echo done');
  await driver.create(claim, wanted, aCall());
  await world.settle(async () => {
    const seen = await driver.observe(claim, wanted, aCall());
    return seen.is === 'arriving' && seen.note === 'two';
  });
  await writeFile(join(world.checkout, 'go'), '');
  await world.settle(async () => world.changed.length > 0);
  const seen = await until(claim, wanted, ['ready']);
  assert.ok(seen.is === 'ready');
  const { startedAt, endedAt } = seen.facts;
  assert.ok(Number(startedAt) > 0 && Number(startedAt) <= Number(endedAt));
  assert.deepEqual(seen, { is: 'ready', facts: { startedAt, endedAt }, drift: [] });
  assert.equal(await logOf(claim), 'one\ntwo\ndone\n');
});

test('a step that fails is broken until the input changes, with its last 40 lines', async (t) => {
  const { run, spec } = await opened(t);
  const broken = await run(claim, spec('i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done; exit 7'));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^exited with status 7 after/);
  assert.equal(broken.remedy, 'change-input');
  assert.equal(broken.lastLines?.length, 40);
  assert.equal(broken.lastLines?.at(-1), 'line 100');
});

test('a step whose program does not exist is broken and says so', async (t) => {
  const { run, spec } = await opened(t);
  const broken = await run(claim, spec('', { run: ['no-such-program-here'] }));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^was not found \(status 127\)/);
});

test('a step that takes too long is ended, and broken with the last it said', async (t) => {
  const { run, spec, world } = await opened(t);
  const broken = await run(claim, spec('echo waiting for godot; sleep 60', { timeLimitMs: 400 }));
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'took longer than 400 ms; the last it said was: waiting for godot');
  assert.equal(broken.remedy, 'change-input');
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('the time limit goes on over a restart of the server', async (t) => {
  const { driver, open, spec, until, world } = await opened(t);
  const wanted = spec('echo hanging; sleep 60', { timeLimitMs: 700 });
  await driver.create(claim, wanted, aCall());
  open();
  const broken = await until(claim, wanted, ['broken']);
  assert.ok(broken.is === 'broken' && broken.note.startsWith('took longer than 700 ms'));
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('a step stands back behind the server and what serves', async (t) => {
  const { driver, spec, world } = await opened(t);
  const back = Math.min(getPriority() + 10, 19);
  await driver.create(claim, spec('sleep 60'), aCall());
  const standingBack = async () => (await world.processesOf(claim)).filter(({ pid }) => getPriority(pid) === back);
  await world.settle(async () => (await standingBack()).length > 0);
  const [step] = await standingBack();
  assert.ok(step);
  const autogroup = `/proc/${step.session}/autogroup`;
  if (existsSync(autogroup)) assert.match(await readFile(autogroup, 'utf8'), /nice 10$/m);
  await driver.destroy(claim, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('everything that a step forked is ended with it, whatever session it went to', async (t) => {
  const { world, driver, spec, until } = await opened(t);
  const wanted = spec('setsid sleep 61 & (setsid sh -c "sleep 62 & sleep 63" &) ; sleep 64');
  await driver.create(claim, wanted, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 6);
  await driver.destroy(claim, aCall());
  await until(claim, wanted, ['absent']);
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a daemon that a step leaves behind is gone when the step is ready', async (t) => {
  const { world, run, spec } = await opened(t);
  assert.equal((await run(claim, spec('setsid sleep 61 & sleep 0.05'))).is, 'ready');
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a step that was killed from outside is worth another try', async (t) => {
  const { world, driver, spec, until } = await opened(t);
  const wanted = spec('sleep 60');
  await driver.create(claim, wanted, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 2);
  await world.killAll(claim);
  const broken = await until(claim, wanted, ['broken']);
  assert.ok(broken.is === 'broken' && broken.remedy === 'try-again');
});

test('a step that needs more memory than its limit, with what it starts, fails and says so', async (t) => {
  const { world, run, spec, driver, until } = await opened(t);
  const groups = await groupsFor(t, world.options.instance);
  if (!groups) return;
  const hungry = `node -e 'const all = []; setInterval(() => all.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5)'`;
  const wanted = spec(`echo begun; ${hungry}; echo not reached`, { memoryMb: 96 });
  const broken = await run(claim, wanted);
  assert.ok(broken.is === 'broken');
  assert.deepEqual([broken.note, broken.remedy], ['ran out of memory (limit 96 MB)', 'change-input']);
  assert.match(broken.hint ?? '', /`memory` in the recipe/);
  await assert.rejects(access(join(groups.root, claimName(claim))), 'its control group is removed');
  const modest = spec('echo enough', { memoryMb: 96 });
  assert.equal((await run(nth(2), modest)).is, 'ready');
  for (const one of [claim, nth(2)]) {
    await driver.destroy(one, aCall());
    await until(one, modest, ['absent']);
  }
  await assert.rejects(access(groups.root), 'no group is left');
});

test('a step that prints 200 MB leaves a small log whose offsets still count every byte', async (t) => {
  const { world, driver, spec, until } = await opened(t);
  const wanted = spec("head -c 200000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo the end");
  const taken = async (name: string): Promise<number> => {
    const file = await stat(join(world.directoryOf(claim), name)).catch(() => undefined);
    return (file?.blocks ?? 0) * 512;
  };
  let largest = 0;
  let text = '';
  await driver.create(claim, wanted, aCall());
  let next = 0;
  await world.settle(async () => {
    const piece = await driver.readLog?.(claim, next, aCall());
    assert.ok(piece && piece.next >= next, 'offsets never go back');
    next = piece.next;
    text = (text + piece.text).slice(-100);
    largest = Math.max(largest, await taken('log'));
    return (await driver.observe(claim, wanted, aCall())).is === 'ready';
  });
  await until(claim, wanted, ['ready']);
  assert.ok((await taken('log')) + (await taken('log.older')) <= 4.1 * 1024 * 1024, 'at most 4 MB are kept');
  assert.ok(largest < 150e6, `the log grew to ${largest}`);
  for (;;) {
    const piece = await driver.readLog?.(claim, next, aCall());
    if (!piece || piece.next === next) break;
    text += piece.text;
    next = piece.next;
  }
  assert.match(text, /the end\n$/);
  const { size } = await stat(join(world.directoryOf(claim), 'log'));
  const cut = (await taken('log.older')) > 0;
  assert.ok(cut ? next > 100e6 : next === size && size > 200e6, `offsets count what was dropped: ${next} of ${size}`);
  assert.deepEqual(
    world.log.lines.filter(({ level }) => level === 'error'),
    [],
  );
});

test('a step whose directory is not there, or whose secret is unknown, is refused and leaves nothing', async (t) => {
  const { driver, spec, world } = await opened(t);
  const nowhere = spec('true', { directory: join(world.root, 'nowhere') });
  await assert.rejects(driver.create(claim, nowhere, aCall()), (error) => codeOf(error) === 'run/no-directory');
  const unknown = spec('true', { env: { TOKEN: { secret: 'nobody' } } });
  await assert.rejects(driver.create(claim, unknown, aCall()), (error) => codeOf(error) === 'run/unknown-secret');
  const long = spec('true', { env: { LONG: 'x'.repeat(3_000_000) } });
  await assert.rejects(driver.create(claim, long, aCall()), (error) => codeOf(error) === 'run/bad-arguments');
  assert.deepEqual(await driver.observe(claim, nowhere, aCall()), { is: 'absent' });
  assert.deepEqual(await readdir(join(world.dataDir, 'runs')), []);
});

const reuse = { files: ['package-lock.json'], keep: ['node_modules'], trusted: true, repository: '1001' };
const install = 'mkdir -p node_modules/left; echo $$ > node_modules/left/pid; ln -s left node_modules/link; echo ran';

test('a step that looked for an earlier build in vain has its time limit too', async (t) => {
  const { world, run, spec } = await opened(t);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  const broken = await run(claim, spec('echo building; sleep 60', { reuse, timeLimitMs: 400 }));
  assert.ok(broken.is === 'broken' && broken.note.startsWith('took longer than 400 ms'));
});

test('a step on the same files is not run again: what it made is brought back', async (t) => {
  const { world, run, spec, logOf } = await opened(t);
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
  const { world, run, spec, logOf } = await opened(t);
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
  const { world, run, spec, logOf } = await opened(t);
  await run(nth(1), spec(`${install}`, { reuse }));
  assert.match(await logOf(nth(1)), /nothing is reused: package-lock.json is not a file/);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  await rm(join(world.checkout, 'node_modules'), { recursive: true });
  assert.equal((await run(nth(2), spec(`${install}; exit 1`, { reuse }))).is, 'broken');
  assert.deepEqual(await readdir(join(world.dataDir, 'cache/steps')), []);
});

test('what is kept or read never lies outside the checkout', async (t) => {
  const { world, run, spec, logOf } = await opened(t);
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
  const { world, driver, spec, until } = await opened(t);
  await writeFile(join(world.checkout, 'package-lock.json'), '1');
  const wanted = spec('sleep 60', { reuse });
  await driver.create(claim, wanted, aCall());
  await driver.destroy(claim, aCall());
  await until(claim, wanted, ['absent']);
  assert.deepEqual(await world.processesOf(), []);
  assert.deepEqual(await readdir(join(world.dataDir, 'runs')), []);
});
