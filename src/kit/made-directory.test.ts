import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall, aClaim } from '../../testing/builders.ts';
import { settleInRealTime } from '../../testing/conformance/settle.ts';
import { silentLog } from '../../testing/silent-log.ts';
import { claimName } from '../domain/claim.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Observation } from '../ports/resource-driver.ts';
import { systemClock } from './clock.ts';
import { type MadeDirectories, madeDirectories } from './made-directory.ts';
import type { Make } from './making-task.ts';

const claim = aClaim({ role: 'data.00000001' });
const settle = settleInRealTime(10_000);

async function openRoot() {
  const root = await mkdtemp(join(tmpdir(), 'made-directory-'));
  const changes: string[] = [];
  const open = (): MadeDirectories =>
    madeDirectories({
      root,
      what: 'the data',
      shared: { changed: ({ role }) => void changes.push(role) },
      clock: systemClock,
      log: silentLog(),
    });
  return {
    root,
    changes,
    open,
    path: join(root, claimName(claim)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** A making that waits in the middle until it is let go, or its signal aborts. */
function gatedMake() {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const make: Make = async ({ path, signal, say }) => {
    await writeFile(join(path, 'half'), '');
    say('half way');
    begun.resolve();
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    await Promise.race([gate.promise, stopped]);
    return { path };
  };
  return { make, begun: begun.promise, letGo: gate.resolve };
}

async function until(directories: MadeDirectories, state: Observation['is']): Promise<Observation> {
  let seen: Observation = { is: 'absent' };
  await settle(async () => {
    seen = await directories.observe(claim, {}, aCall());
    return seen.is === state;
  });
  return seen;
}

test('while it is made it is arriving, with what was said last; then ready with its facts', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const { make, begun, letGo } = gatedMake();
  await directories.begin(claim, {}, make, aCall());
  await begun;
  assert.deepEqual(await directories.observe(claim, {}, aCall()), {
    is: 'arriving',
    note: 'half way',
    lookAgainMs: 1000,
  });
  letGo();
  const seen = await until(directories, 'ready');
  assert.deepEqual(seen, { is: 'ready', facts: { path: place.path }, drift: [] });
  assert.deepEqual(place.changes, [claim.role]);
});

test('destroying it while it is made stops the making and removes what there is', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const { make, begun } = gatedMake();
  await directories.begin(claim, {}, make, aCall());
  await begun;
  await directories.remove(claim, aCall());
  await until(directories, 'absent');
  await directories.close();
  assert.deepEqual(await readdir(place.root), []);
});

test('a create right after a destroy makes it anew', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const first = gatedMake();
  await directories.begin(claim, {}, first.make, aCall());
  await first.begun;
  const second = gatedMake();
  second.letGo();
  await Promise.all([directories.remove(claim, aCall()), directories.begin(claim, {}, second.make, aCall())]);
  await until(directories, 'ready');
  await directories.close();
});

test('a making that fails is broken with its remedy until it is destroyed; nothing says it is whole', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const fails: Make = () =>
    Promise.reject(new WizardError('loading: no room', { code: 'data/full', remedy: 'fix-setup' }));
  await directories.begin(claim, {}, fails, aCall());
  const seen = await until(directories, 'broken');
  assert.deepEqual(seen, {
    is: 'broken',
    note: 'loading: no room',
    remedy: 'fix-setup',
    code: 'data/full',
    lastLines: [],
  });
  assert.deepEqual(await readdir(place.root), [claimName(claim)]);
  await directories.remove(claim, aCall());
  await until(directories, 'absent');
});

test('a directory that somebody put in its place while it was made is never marked as whole', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const { make, begun, letGo } = gatedMake();
  await directories.begin(claim, {}, make, aCall());
  await begun;
  await rename(place.path, join(place.root, 'elsewhere'));
  await mkdir(place.path);
  letGo();
  const seen = await until(directories, 'broken');
  assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
});

test('a marker that is cut short or empty counts for nothing', async () => {
  await using place = await openRoot();
  await mkdir(place.path);
  for (const text of ['', '{"spec": {}', '{}', 'null', '7', '[]']) {
    await writeFile(`${place.path}.done`, text);
    assert.equal((await place.open().observe(claim, {}, aCall())).is, 'broken', JSON.stringify(text));
  }
});

test('a marker whose directory was deleted is not listed, and goes', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const { make, letGo } = gatedMake();
  letGo();
  await directories.begin(claim, {}, make, aCall());
  await until(directories, 'ready');
  assert.match(await readFile(`${place.path}.done`, 'utf8'), /"madeAt"/);
  await rm(place.path, { recursive: true });
  assert.deepEqual(await directories.observe(claim, {}, aCall()), { is: 'absent' });
  const owned = await Array.fromAsync(directories.owned(aCall()));
  assert.deepEqual(owned, []);
  assert.deepEqual(await readdir(place.root), []);
});

test('one that cannot be moved away is broken for the operator, and a later destroy tries again', async () => {
  await using place = await openRoot();
  const directories = place.open();
  const { make, letGo } = gatedMake();
  letGo();
  await directories.begin(claim, {}, make, aCall());
  await until(directories, 'ready');
  // A directory cannot take the place of a marker: the removal fails half way, whoever we are.
  await rm(`${place.path}.done`);
  await mkdir(join(`${place.path}.done`, 'in-the-way'), { recursive: true });
  await directories.remove(claim, aCall());
  const seen = await until(directories, 'broken');
  assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup', seen.is);
  await rm(`${place.path}.done`, { recursive: true });
  await directories.remove(claim, aCall());
  await until(directories, 'absent');
  await directories.close();
});

test('what a kill left half deleted or half written goes at the next start', async () => {
  await using place = await openRoot();
  await mkdir(join(place.root, `.gone-${claimName(claim)}-0123abcd`, 'deep'), { recursive: true });
  await writeFile(join(place.root, `.writing-${claimName(claim)}.done-0123abcd`), '{');
  const directories = place.open();
  await until(directories, 'absent');
  await directories.close();
  assert.deepEqual(await readdir(place.root), []);
});
