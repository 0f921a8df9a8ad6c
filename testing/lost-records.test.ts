import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { claimName } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { commandDriver } from '../src/drivers/command/command-driver.ts';
import { processDriver } from '../src/drivers/process/process-driver.ts';
import { orMissing } from '../src/kit/path-kind.ts';
import { findProcess } from '../src/kit/supervised-run/process-table.ts';
import type { RunDriverOptions } from '../src/kit/supervised-run/run-driver-options.ts';
import type { ResourceDriver } from '../src/ports/resource-driver.ts';
import { aClaim } from './builders.ts';
import { groupsFor } from './control-groups.ts';
import { livesOnWithoutRecords } from './lost-records.ts';
import { runWorld } from './run-world.ts';

async function opened(t: TestContext, openDriver: (options: RunDriverOptions) => ResourceDriver & { close(): void }) {
  const world = await runWorld();
  let close = (): void => undefined;
  t.after(async () => {
    close();
    await world.close();
  });
  return {
    world,
    open: (): ResourceDriver => {
      close();
      const driver = openDriver(world.options);
      close = () => driver.close();
      return driver;
    },
  };
}

const about = (directory: string, script: string): JsonObject => ({
  directory,
  run: ['sh', '-c', script],
  revision: '3f'.repeat(20),
  timeLimitMs: 20_000,
  env: {},
});

/** Once nothing shows any more whose it is. */
const hides = "env -i sh -c 'echo $$ >>hidden.pids; exec sleep 60'";

/** Those who wrote down their ids, of both times it ran. */
async function hiddenOf(checkout: string): Promise<{ readonly written: number; readonly alive: number }> {
  const text = (await orMissing(readFile(join(checkout, 'hidden.pids'), 'utf8'))) ?? '';
  const pids = text.split('\n').filter(Boolean).map(Number);
  return { written: pids.length, alive: pids.filter((pid) => findProcess(pid)).length };
}

test('a process whose records are lost is broken while it lives, and ended with what hides in its session', async (t) => {
  const { world, open } = await opened(t, processDriver);
  const hidden = async (): Promise<number> => (await hiddenOf(world.checkout)).written;
  const script = `${hides} & setsid sleep 60 & wait`;
  const spec = { ...about(world.checkout, script), health: { by: 'running' }, stopGraceMs: 2000 };
  // Its wrapper, the shell and the one in a session of its own.
  await livesOnWithoutRecords({ world, open, claim: aClaim(), spec, is: 'ready', processes: 3, hidden });
  assert.deepEqual(await hiddenOf(world.checkout), { written: 2, alive: 0 });
});

test('a step whose records are lost is broken while it runs, and ended with what hides in its control group', async (t) => {
  const { world, open } = await opened(t, commandDriver);
  const groups = await groupsFor(t, world.options.instance);
  if (!groups) return;
  const claim = aClaim({ role: 'build-install.3f9a2c1d' });
  const hidden = async (): Promise<number> => (await hiddenOf(world.checkout)).written;
  const script = `setsid ${hides} & wait`;
  const spec = about(world.checkout, script);
  await livesOnWithoutRecords({ world, open, claim, spec, is: 'arriving', processes: 2, hidden });
  assert.deepEqual(await hiddenOf(world.checkout), { written: 2, alive: 0 });
  await assert.rejects(access(join(groups.root, claimName(claim))), 'its control group is removed');
});
