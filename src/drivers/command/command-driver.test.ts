import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { access, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { groupsFor } from '../../../testing/control-groups.ts';
import { stepWorld } from '../../../testing/step-world.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { codeOf } from '../../domain/wizard-error.ts';

const claim = aClaim({ role: 'build-install.3f9a2c1d' });
const nth = (generation: number): Claim => ({ ...claim, generation });

test('a step that runs is arriving with its last line, and ready when it ended well', async (t) => {
  const { world, driver, spec, until, logOf } = await stepWorld(t);
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
  const { run, spec } = await stepWorld(t);
  const broken = await run(claim, spec('i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done; exit 7'));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^exited with status 7 after/);
  assert.equal(broken.remedy, 'change-input');
  assert.equal(broken.lastLines?.length, 40);
  assert.equal(broken.lastLines?.at(-1), 'line 100');
});

test('a step whose program does not exist is broken and says so', async (t) => {
  const { run, spec } = await stepWorld(t);
  const broken = await run(claim, spec('', { run: ['no-such-program-here'] }));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^was not found \(status 127\)/);
});

test('a step that takes too long is ended, and broken with the last it said', async (t) => {
  const { run, spec, world } = await stepWorld(t);
  const broken = await run(claim, spec('echo waiting for godot; sleep 60', { timeLimitMs: 400 }));
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'took longer than 400 ms; the last it said was: waiting for godot');
  assert.equal(broken.remedy, 'change-input');
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('the time limit goes on over a restart of the server', async (t) => {
  const { driver, open, spec, until, world } = await stepWorld(t);
  const wanted = spec('echo hanging; sleep 60', { timeLimitMs: 700 });
  await driver.create(claim, wanted, aCall());
  open();
  const broken = await until(claim, wanted, ['broken']);
  assert.ok(broken.is === 'broken' && broken.note.startsWith('took longer than 700 ms'));
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('a step stands back behind the server and what serves', async (t) => {
  const { driver, spec, world } = await stepWorld(t);
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
  const { world, driver, spec, until } = await stepWorld(t);
  const wanted = spec('setsid sleep 61 & (setsid sh -c "sleep 62 & sleep 63" &) ; sleep 64');
  await driver.create(claim, wanted, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 6);
  await driver.destroy(claim, aCall());
  await until(claim, wanted, ['absent']);
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a daemon that a step leaves behind is gone when the step is ready', async (t) => {
  const { world, run, spec } = await stepWorld(t);
  assert.equal((await run(claim, spec('setsid sleep 61 & sleep 0.05'))).is, 'ready');
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a step that was killed from outside is worth another try', async (t) => {
  const { world, driver, spec, until } = await stepWorld(t);
  const wanted = spec('sleep 60');
  await driver.create(claim, wanted, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 2);
  await world.killAll(claim);
  const broken = await until(claim, wanted, ['broken']);
  assert.ok(broken.is === 'broken' && broken.remedy === 'try-again');
});

test('a step that needs more memory than its limit, with what it starts, fails and says so', async (t) => {
  const { world, run, spec, driver, until } = await stepWorld(t);
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
  const { world, driver, spec, until } = await stepWorld(t);
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
  const { driver, spec, world } = await stepWorld(t);
  const nowhere = spec('true', { directory: join(world.root, 'nowhere') });
  await assert.rejects(driver.create(claim, nowhere, aCall()), (error) => codeOf(error) === 'run/no-directory');
  const unknown = spec('true', { env: { TOKEN: { secret: 'nobody' } } });
  await assert.rejects(driver.create(claim, unknown, aCall()), (error) => codeOf(error) === 'run/unknown-secret');
  const long = spec('true', { env: { LONG: 'x'.repeat(3_000_000) } });
  await assert.rejects(driver.create(claim, long, aCall()), (error) => codeOf(error) === 'run/bad-arguments');
  assert.deepEqual(await driver.observe(claim, nowhere, aCall()), { is: 'absent' });
  assert.deepEqual(await readdir(join(world.dataDir, 'runs')), []);
});
