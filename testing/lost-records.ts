import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import type { Claim } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import type { Observation, ResourceDriver } from '../src/ports/resource-driver.ts';
import { aCall } from './builders.ts';
import type { RunWorld } from './run-world.ts';

export interface LostRecordsAbout {
  readonly world: Pick<RunWorld, 'dataDir' | 'processesOf' | 'settle'>;
  /** A driver over the data directory, as a start of the server opens one; closes the one before. */
  readonly open: () => ResourceDriver;
  readonly claim: Claim;
  readonly spec: JsonObject;
  /** How it is once it is well under way, and how many marked processes it has. */
  readonly is: Observation['is'];
  readonly processes: number;
  /** How many have hidden since the beginning, of one each time that it runs. Until then the hiding one is counted, or not begun. */
  readonly hidden?: () => Promise<number>;
  /** Looks for what marks do not show; `facts` are those it had. */
  readonly whenAbsent?: (facts: JsonObject) => Promise<void>;
}

/** Moves the data directory away while the server is down. What runs is never absent, never doubled, and gone when it was told to go. */
export async function livesOnWithoutRecords(about: LostRecordsAbout): Promise<void> {
  const { world, open, claim, spec, is, processes } = about;
  const alive = async (): Promise<number> => (await world.processesOf(claim)).length;
  let facts: JsonObject = {};
  const made = async (driver: ResourceDriver, time: number): Promise<void> => {
    await driver.create(claim, spec, aCall());
    await world.settle(async () => {
      const seen = await driver.observe(claim, spec, aCall());
      if (seen.is === 'broken') assert.fail(`broken: ${seen.note} ${seen.lastLines?.join(' ')}`);
      if (seen.is === 'ready') facts = seen.facts;
      const isHidden = ((await about.hidden?.()) ?? time) === time;
      return seen.is === is && isHidden && (await alive()) === processes;
    });
  };
  await made(open(), 1);
  const driver = await reopenWithout(world.dataDir, open);
  const seen = async () => (await driver.observe(claim, spec, aCall())).is;
  assert.equal(await seen(), 'broken', 'before anything was listed');
  assert.deepEqual(await Array.fromAsync(driver.owned(aCall())), [claim]);
  await driver.create(claim, spec, aCall());
  assert.equal(await alive(), processes, 'asked for again it is not doubled');
  assert.equal(await seen(), 'broken');
  const gone = async (): Promise<void> => {
    await driver.destroy(claim, aCall());
    await world.settle(async () => (await seen()) === 'absent');
    assert.equal(await alive(), 0, 'absent, and yet it lives');
    await about.whenAbsent?.(facts);
    assert.deepEqual(await Array.fromAsync(driver.owned(aCall())), []);
  };
  await gone();
  await made(driver, 2);
  await gone();
}

async function reopenWithout(dataDir: string, open: () => ResourceDriver): Promise<ResourceDriver> {
  await rename(dataDir, `${dataDir}-lost`);
  await mkdir(dataDir, { mode: 0o711 });
  return open();
}
