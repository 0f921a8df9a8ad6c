import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { groupsFor } from '../../../testing/control-groups.ts';
import { type RunWorld, runWorld } from '../../../testing/run-world.ts';
import { type Claim, claimName, type EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type ProcessDriver, processDriver } from './process-driver.ts';

const claim = aClaim();
const server = `
const { PORT, WIZARD_REVISION, STATUS = '200' } = process.env;
console.log('listening soon');
require('node:http').createServer((_, answer) => {
  answer.writeHead(Number(STATUS), { 'x-revision': WIZARD_REVISION ?? 'none' });
  answer.end('hello');
}).listen(PORT, '127.0.0.1', () => console.log('ready on ' + PORT));
`;

interface Opened {
  readonly world: RunWorld;
  readonly driver: ProcessDriver;
  readonly open: () => ProcessDriver;
  readonly spec: (over?: JsonObject) => JsonObject;
  readonly seen: (states: readonly Observation['is'][], over?: JsonObject, of?: Claim) => Promise<Observation>;
}

async function opened(t: TestContext): Promise<Opened> {
  const world = await runWorld();
  const drivers: ProcessDriver[] = [];
  const open = (): ProcessDriver => {
    drivers.at(-1)?.close();
    const driver = processDriver(world.options);
    drivers.push(driver);
    return driver;
  };
  t.after(async () => {
    for (const driver of drivers) driver.close();
    await world.close();
  });
  const run = await world.program('server.cjs', server);
  const spec = (over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    run,
    health: { by: 'http', path: '/', status: 200 },
    revision: '3f'.repeat(20),
    stopGraceMs: 2000,
    timeLimitMs: 20_000,
    env: {},
    ...over,
  });
  const driver = open();
  const seen: Opened['seen'] = async (states, over, of = claim) => {
    let last: Observation = { is: 'absent' };
    await world.settle(async () => {
      last = await (drivers.at(-1) ?? driver).observe(of, spec(over), aCall());
      return states.includes(last.is);
    });
    return last;
  };
  return { world, driver, open, spec, seen };
}

test('a process that is healthy serves on the port it was given, and says so at once', async (t) => {
  const { world, driver, spec, seen } = await opened(t);
  await driver.create(claim, spec(), aCall());
  await world.settle(async () => world.changed.length > 0);
  const ready = await driver.observe(claim, spec(), aCall());
  assert.ok(ready.is === 'ready', `it is ${ready.is}`);
  const answer = await fetch(`http://127.0.0.1:${String(ready.facts['port'])}/`);
  assert.equal(await answer.text(), 'hello');
  assert.equal(ready.facts['revision'], '3f'.repeat(20));
  assert.deepEqual((await seen(['ready'], { revision: 'a0'.repeat(20) })).is, 'ready');
});

test('two processes never share a port', async (t) => {
  const { driver, spec, seen } = await opened(t);
  const claims = Array.from({ length: 4 }, (_, index) => aClaim({ environment: `shop-${index + 1}` as EnvironmentId }));
  await Promise.all(claims.map((one) => driver.create(one, spec(), aCall())));
  const ports = new Set<unknown>();
  for (const one of claims) {
    const ready = await seen(['ready'], {}, one);
    if (ready.is === 'ready') ports.add(ready.facts['port']);
  }
  assert.equal(ports.size, claims.length);
});

test('the place of the port in an environment value is filled', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const place = ['$', '{port}'].join('');
  const over = { run: ['sh', '-c', 'echo "$ADDRESS $PORT"; sleep 60'], env: { ADDRESS: `at:${place}` } };
  const logged = { ...over, health: { by: 'log', contains: 'at:' } };
  await driver.create(claim, spec(logged), aCall());
  const ready = await seen(['ready'], logged);
  assert.ok(ready.is === 'ready');
  const port = String(ready.facts['port']);
  assert.equal(await readFile(join(world.directoryOf(claim), 'log'), 'utf8'), `at:${port} ${port}\n`);
});

test('a process that ends at once is broken, with its status and its last lines', async (t) => {
  const { driver, spec, seen } = await opened(t);
  const over = { run: ['sh', '-c', 'echo one; echo two >&2; exit 3'] };
  await driver.create(claim, spec(over), aCall());
  const broken = await seen(['broken'], over);
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^exited with status 3 after \d+ m?s$/);
  assert.equal(broken.remedy, 'try-again');
  assert.deepEqual(broken.lastLines, ['one', 'two']);
});

test('a process that never becomes healthy is ended, and its note names what was seen last', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const over = { env: { STATUS: '503' }, timeLimitMs: 700 };
  await driver.create(claim, spec(over), aCall());
  await seen(['arriving'], over);
  const broken = await seen(['broken'], over);
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'was not healthy within 700 ms: GET / answers 503, not 200');
  assert.equal(broken.remedy, 'change-input');
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
  assert.equal((await seen(['broken'], over)).is, 'broken', 'it stays broken until it is destroyed');
});

test('a process that takes the question and never answers it is ended at its time limit', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const text = `require('node:net').createServer(() => undefined).listen(process.env.PORT, '127.0.0.1');`;
  const over = { run: await world.program('silent.cjs', text), timeLimitMs: 2000 };
  await driver.create(claim, spec(over), aCall());
  const broken = await seen(['broken', 'ready'], over);
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^was not healthy within 2 s: port \d+ takes the question but does not answer it$/);
  assert.equal(broken.remedy, 'change-input', 'it rests until there is another commit or recipe');
  await world.settle(async () => (await world.processesOf(claim)).length === 0);
});

test('a process that says another commit than it was built from is not ready', async (t) => {
  const { driver, spec, seen } = await opened(t);
  const health = { by: 'http', path: '/', status: 200, revisionHeader: 'X-Revision' };
  const wrong = { health, env: { WIZARD_REVISION: 'ab'.repeat(20) }, timeLimitMs: 700 };
  await driver.create(claim, spec(wrong), aCall());
  const broken = await seen(['broken', 'ready'], wrong);
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /its header X-Revision says (ab){20}, not 3f3f3f3/);
  const right = { health, env: { WIZARD_REVISION: '3f'.repeat(20) } };
  const next = aClaim({ generation: 2 });
  await driver.create(next, spec(right), aCall());
  assert.equal((await seen(['ready', 'broken'], right, next)).is, 'ready');
});

test('a process is told by TERM first, and may take its grace to end', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const farewell = join(world.root, 'farewell');
  const run = await world.program(
    'polite.cjs',
    `${server}; process.on('SIGTERM', () => setTimeout(() => {
      require('node:fs').writeFileSync(${JSON.stringify(farewell)}, 'bye'); process.exit(0);
    }, 150));`,
  );
  await driver.create(claim, spec({ run }), aCall());
  await seen(['ready'], { run });
  await driver.destroy(claim, aCall());
  assert.equal((await seen(['leaving', 'absent'], { run })).is, 'leaving');
  await seen(['absent'], { run });
  assert.equal(await readFile(farewell, 'utf8'), 'bye');
});

test('a process that ignores TERM, and what it moved to sessions of its own, is killed after the grace', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const run = ['sh', '-c', "trap '' TERM; setsid sh -c 'while :; do sleep 1; done' & while :; do sleep 1; done"];
  const over = { run, health: { by: 'running' }, stopGraceMs: 300 };
  await driver.create(claim, spec(over), aCall());
  await world.settle(async () => (await world.processesOf(claim)).length >= 4);
  const before = performance.now();
  await driver.destroy(claim, aCall());
  assert.ok(performance.now() - before < 250, 'destroy begins, it does not wait');
  await seen(['absent'], over);
  assert.ok(performance.now() - before >= 300, 'the grace was given');
  assert.deepEqual(await world.processesOf(claim), []);
});

test('when a process ends, what it left running is ended too', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const over = { run: ['sh', '-c', 'setsid sleep 60 & sleep 0.1; exit 1'], health: { by: 'tcp' } };
  await driver.create(claim, spec(over), aCall());
  await seen(['broken'], over);
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a process lives on when the server is killed, is found again, and its end is seen', async (t) => {
  const { world, spec, open, seen, driver } = await opened(t);
  driver.close();
  const script = join(world.root, 'server.ts');
  const here = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  await writeFile(
    script,
    `import { processDriver } from ${here('./process-driver.ts')};
     import { systemClock } from ${here('../../kit/clock.ts')};
     import { silentLog } from ${here('../../../testing/silent-log.ts')};
     const log = silentLog();
     const driver = processDriver({ dataDir: ${JSON.stringify(world.dataDir)}, instance: ${JSON.stringify(world.options.instance)},
       secrets: {}, clock: systemClock, log, shared: { changed: () => process.kill(process.pid, 'SIGKILL') } });
     await driver.create(${JSON.stringify(claim)}, ${JSON.stringify(spec())}, { log, signal: new AbortController().signal });
     setInterval(() => {}, 1000);`,
  );
  const [, signal] = await once(spawn(process.execPath, [script], { stdio: 'inherit' }), 'exit');
  assert.equal(signal, 'SIGKILL');
  const again = open();
  const ready = await again.observe(claim, spec(), aCall());
  assert.ok(ready.is === 'ready', `it is ${ready.is}`);
  assert.equal(await world.runsOf(claim), 1);
  assert.equal((await fetch(`http://127.0.0.1:${String(ready.facts['port'])}/`)).status, 200);
  world.changed.length = 0;
  for (const { pid, session } of await world.processesOf(claim)) if (pid !== session) process.kill(pid, 'SIGTERM');
  await world.settle(async () => world.changed.length > 0);
  const broken = await seen(['broken']);
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^was ended by SIGTERM/);
});

test('an end that was begun before the server died goes on after it', async (t) => {
  const { world, driver, open, spec, seen } = await opened(t);
  const over = { run: ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"], health: { by: 'running' } };
  await driver.create(claim, spec({ ...over, stopGraceMs: 60_000 }), aCall());
  await seen(['ready'], { ...over, stopGraceMs: 60_000 });
  await driver.destroy(claim, aCall());
  open();
  await seen(['absent'], { ...over, stopGraceMs: 60_000 });
  assert.deepEqual(await world.processesOf(claim), []);
});

test('a process gets nothing of the environment of the server, and what it prints of its secrets is masked', async (t) => {
  const { driver, spec, seen } = await opened(t);
  process.env['WIZARD_TEST_OF_LEAKS'] = 'leaked';
  t.after(() => delete process.env['WIZARD_TEST_OF_LEAKS']);
  const over = { run: ['sh', '-c', 'env; exit 1'], env: { TOKEN: { secret: 'token' }, GREETING: 'hello' } };
  await driver.create(claim, spec(over), aCall());
  const broken = await seen(['broken'], over);
  assert.ok(broken.is === 'broken');
  const names = broken.lastLines?.map((line) => line.split('=')[0]).sort();
  const expected = 'GREETING HOME LANG PATH PORT PWD TMPDIR TOKEN WIZARD_CLAIM WIZARD_INSTANCE WIZARD_KIND'.split(' ');
  assert.deepEqual(names, expected);
  assert.ok(broken.lastLines?.includes('TOKEN=[secret]'));
  const { text } = (await driver.readLog?.(claim, 0, aCall())) ?? { text: '' };
  assert.match(text, /^TOKEN=\[secret\]$/m);
});

test('a process that needs more memory than its limit is ended, and told so', async (t) => {
  const { driver, spec, seen, world } = await opened(t);
  const groups = await groupsFor(t, world.options.instance);
  if (!groups) return;
  const run = await world.program(
    'hungry.cjs',
    'const all = []; setInterval(() => all.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5);',
  );
  const over = { run, health: { by: 'tcp' }, memoryMb: 96 };
  await driver.create(claim, spec(over), aCall());
  const broken = await seen(['broken'], over);
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'ran out of memory (limit 96 MB)');
  await assert.rejects(access(join(groups.root, claimName(claim))), 'its control group is removed');
  await driver.destroy(claim, aCall());
  await seen(['absent'], over);
});

test('created and destroyed in every order and at once, nothing is left', async (t) => {
  const { driver, spec, world, seen } = await opened(t);
  const over = { run: ['sh', '-c', 'setsid sleep 60 & sleep 60'], health: { by: 'running' }, stopGraceMs: 500 };
  const claims = Array.from({ length: 12 }, (_, index) => aClaim({ generation: index + 1 }));
  await Promise.all(
    claims.map(async (one, index) => {
      const calls = [() => driver.create(one, spec(over), aCall()), () => driver.destroy(one, aCall())];
      if (index % 2 === 0) calls.push(() => driver.create(one, spec(over), aCall()));
      await Promise.allSettled(calls.map((call) => call()));
      if (index % 3 === 0) await seen(['ready', 'absent'], over, one);
      await driver.destroy(one, aCall());
    }),
  );
  for (const one of claims) await seen(['absent'], over, one);
  assert.deepEqual(await world.processesOf(), []);
  assert.deepEqual(await readdir(join(world.dataDir, 'runs')), []);
  assert.deepEqual(
    world.log.lines.filter(({ level }) => level === 'error'),
    [],
  );
});
