import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { noSshd } from '../../../testing/loopback-sshd.ts';
import { killedServer, openedMachineRuns } from '../../../testing/machine-run-world.ts';
import type { JsonObject } from '../../domain/json.ts';
import { shellDriver } from './shell.ts';

const claim = aClaim({ role: 'deploy' });
const skip = noSshd;

async function opened(t: TestContext) {
  const at = await openedMachineRuns(t, shellDriver);
  const { world } = at;
  const spec = (script: string, over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    target: world.target,
    revision: aSha(1),
    run: ['sh', '-euc', script],
    timeLimitMs: 20_000,
    env: { THERE: world.there },
    ...over,
  });
  const file = world.revisionFileOf(claim);
  const proves = (sha: string): JsonObject =>
    spec(`ssh machine "echo ${sha} > ${file}"`, { revision: sha, revisionFile: file });
  return { ...at, spec, proves, file };
}

test('a script reaches the machine by ssh, scp and sftp, and is told whom it works on', { skip }, async (t) => {
  const { world, run, spec, logOf } = await opened(t);
  const script = `
    ssh machine "echo by ssh > '$THERE/one'"
    echo by scp > two; scp -q two "machine:$THERE/two"
    echo "put two $THERE/three" | sftp -q -b - machine
    ssh "$WIZARD_SERVER" true
    echo "$WIZARD_SERVER_USER at $WIZARD_SERVER:$WIZARD_SERVER_PORT"`;
  assert.deepEqual(await run(claim, spec(script)), { is: 'ready', facts: {}, drift: [] });
  assert.equal(await readFile(join(world.there, 'one'), 'utf8'), 'by ssh\n');
  assert.equal(await readFile(join(world.there, 'three'), 'utf8'), 'by scp\n');
  assert.match(await logOf(claim), new RegExp(`${world.sshd.user} at 127.0.0.1:${world.sshd.port}`));
});

test('it is ready when the machine itself says the commit', { skip }, async (t) => {
  const { run, proves } = await opened(t);
  assert.deepEqual(await run(claim, proves(aSha(1))), { is: 'ready', facts: { revision: aSha(1) }, drift: [] });
});

test('a script that ends well without that commit on the machine is broken', { skip }, async (t) => {
  const { run, proves, file } = await opened(t);
  const broken = await run(claim, { ...proves(aSha(2)), revision: aSha(1) });
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, `shell ended well, but ${file} on the machine says ${aSha(2)}, not 0101010`);
  assert.equal(broken.remedy, 'change-input');
  const nothing = await run({ ...claim, generation: 2 }, { ...proves(aSha(1)), revisionFile: `${file}-none` });
  assert.ok(nothing.is === 'broken' && nothing.note.includes('says nothing'));
});

test('what somebody else put on the machine afterwards is a difference, and is put right', { skip }, async (t) => {
  const { run, update, driver, proves, file } = await opened(t);
  await run(claim, proves(aSha(1)));
  await writeFile(file, `${aSha(3)}\n`);
  const seen = await driver().observe(claim, proves(aSha(1)), aCall());
  const drift = [{ field: 'revision', want: aSha(1), have: aSha(3) }];
  assert.deepEqual(seen, { is: 'ready', facts: {}, drift });
  assert.deepEqual(await update(claim, proves(aSha(1))), { is: 'ready', facts: { revision: aSha(1) }, drift: [] });
});

test('a machine that cannot be asked for a while is no loss of what it has said before', { skip }, async (t) => {
  const { world, run, driver, proves, until } = await opened(t);
  await run(claim, proves(aSha(1)));
  await world.sshd.stop();
  assert.equal((await driver().observe(claim, proves(aSha(1)), aCall())).is, 'ready');
  const other = { ...claim, generation: 2 };
  const spec = { ...proves(aSha(1)), run: ['true'] };
  await driver().create(other, spec, aCall());
  await world.settle(async () => {
    const seen = await driver().observe(other, spec, aCall());
    return seen.is === 'arriving' && /^it is done; .* does not answer on port/.test(seen.note);
  });
  await world.sshd.start();
  assert.equal((await until(other, spec, ['ready'])).is, 'ready');
});

test('a run that is superseded is ended with all that it started, and only the new one goes on', {
  skip,
}, async (t) => {
  const { world, driver, spec, proves, until } = await opened(t);
  const old = spec('setsid sleep 61 & (trap "" TERM; echo begun; sleep 62) ', { revision: aSha(1) });
  await driver().create(claim, old, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 3);
  const seen = await driver().observe(claim, proves(aSha(2)), aCall());
  assert.ok(seen.is === 'arriving' && seen.drift?.some(({ field }) => field === 'revision'));
  const before = new Set((await world.processesOf(claim)).map(({ pid }) => pid));
  await driver().update(claim, proves(aSha(2)), aCall());
  const waiting = await driver().observe(claim, proves(aSha(2)), aCall());
  assert.ok(waiting.is === 'arriving' && waiting.drift?.length === 0);
  assert.ok((await until(claim, proves(aSha(2)), ['ready'])).is === 'ready');
  assert.deepEqual(
    (await world.processesOf(claim)).filter(({ pid }) => before.has(pid)),
    [],
  );
});

test('of two updates at once the last counts, and an update that is repeated starts nothing twice', {
  skip,
}, async (t) => {
  const { world, driver, spec, until } = await opened(t);
  const count = join(world.there, 'count');
  const counts = (sha: string) => spec(`echo ${sha} >> ${count}; sleep 0.3`, { revision: sha });
  await driver().create(claim, spec('sleep 61'), aCall());
  await driver().update(claim, counts(aSha(2)), aCall());
  await driver().update(claim, counts(aSha(3)), aCall());
  await driver().update(claim, counts(aSha(3)), aCall());
  assert.equal((await until(claim, counts(aSha(3)), ['ready'])).is, 'ready');
  const lines = (await readFile(count, 'utf8')).trim().split('\n');
  assert.equal(lines.filter((line) => line === aSha(3)).length, 1);
  assert.equal(lines.at(-1), aSha(3));
});

test('what is destroyed while it waits for the one before is never started', { skip }, async (t) => {
  const { world, driver, spec, until } = await opened(t);
  const file = join(world.there, 'started');
  await driver().create(claim, spec('trap "" TERM; echo begun; while :; do sleep 0.05; done'), aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 2);
  await driver().update(claim, spec(`touch ${file}`), aCall());
  await driver().destroy(claim, aCall());
  await until(claim, {}, ['absent']);
  await assert.rejects(access(file));
  assert.deepEqual(await world.processesOf(), []);
});

test('a failure is held against the commit that failed, not against the next one', { skip }, async (t) => {
  const { run, update, driver, spec, proves } = await opened(t);
  const broken = await run(claim, spec('echo migrating; echo no such column; exit 3'));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^shell exited with status 3 after/);
  assert.equal(broken.remedy, 'change-input');
  assert.deepEqual(broken.lastLines, ['migrating', 'no such column']);
  const seen = await driver().observe(claim, proves(aSha(2)), aCall());
  assert.ok(seen.is === 'broken' && (seen.drift?.length ?? 0) > 0);
  assert.equal((await update(claim, proves(aSha(2)))).is, 'ready');
});

test('a script that fails while the machine lets nobody in is worth another try', { skip }, async (t) => {
  const { world, run, spec } = await opened(t);
  await world.sshd.stop();
  const broken = await run(claim, spec('ssh machine true'));
  assert.ok(broken.is === 'broken' && broken.remedy === 'try-again');
  assert.match(broken.note, /does not answer on port \d+$/);
});

test('another host key than the known one is refused', { skip }, async (t) => {
  const { world, run, spec } = await opened(t);
  const [line = ''] = (await readFile(world.login.knownHosts, 'utf8')).split('\n');
  const other = (await readFile(world.sshd.authorizedKeys, 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(world.login.knownHosts, `${line.split(' ')[0]} ${other}\n`);
  const broken = await run(claim, spec('ssh machine touch "$THERE/secret"'));
  assert.ok(broken.is === 'broken' && broken.remedy === 'fix-setup');
  assert.match(broken.note, /127\.0\.0\.1 shows another host key than before$/);
  await assert.rejects(access(join(world.there, 'secret')));
});

test('a script that takes too long is ended with the last it said', { skip }, async (t) => {
  const { world, run, spec } = await opened(t);
  const broken = await run(claim, spec('echo waiting for godot; sleep 60', { timeLimitMs: 500 }));
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'took longer than 500 ms; the last it said was: waiting for godot');
  assert.match(broken.hint ?? '', /longer time-limit/);
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('a run goes on when its server is killed, and the next server takes it up', { skip }, async (t) => {
  const { world, reopen, proves, until, file } = await opened(t);
  const count = join(world.there, 'count');
  const script = `echo x >> ${count}; sleep 1.5; ssh machine "echo ${aSha(1)} > ${file}"`;
  const spec = { ...proves(aSha(1)), run: ['sh', '-euc', script] };
  const begun = () =>
    access(count).then(
      () => true,
      () => false,
    );
  await killedServer(world, { module: 'shell', driver: 'shellDriver', claim, spec, begun });
  reopen();
  assert.deepEqual(await until(claim, spec, ['ready']), { is: 'ready', facts: { revision: aSha(1) }, drift: [] });
  assert.equal(await readFile(count, 'utf8'), 'x\n');
});

test('a server killed while it ended a superseded run leaves nothing that the next one cannot go on from', {
  skip,
}, async (t) => {
  const { world, driver, reopen, spec, proves, until } = await opened(t);
  const old = spec('trap "" TERM; echo begun; while :; do sleep 0.05; done');
  await driver().create(claim, old, aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 2);
  await driver().update(claim, proves(aSha(2)), aCall());
  reopen();
  await until(claim, proves(aSha(2)), ['absent']);
  assert.deepEqual(await world.processesOf(), []);
  const next = { ...claim, generation: 2 };
  await driver().create(next, proves(aSha(2)), aCall());
  assert.equal((await until(next, proves(aSha(2)), ['ready'])).is, 'ready');
});
