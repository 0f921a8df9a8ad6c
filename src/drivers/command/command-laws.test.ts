import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { runWorld } from '../../../testing/run-world.ts';
import { type CommandDriver, commandDriver } from './command-driver.ts';

async function newWorld(): Promise<ResourceWorld> {
  const world = await runWorld();
  const opened: CommandDriver[] = [];
  const open = (): CommandDriver => {
    opened.at(-1)?.close();
    const driver = commandDriver(world.options);
    opened.push(driver);
    return driver;
  };
  const spec = {
    directory: world.checkout,
    run: ['sh', '-euc', 'echo building; sleep 0.1; echo done'],
    revision: '3f'.repeat(20),
    timeLimitMs: 20_000,
    env: { API_TOKEN: { secret: 'token' } },
  };
  return {
    driver: open(),
    reopen: open,
    spec,
    otherSpec: { ...spec, revision: 'a0'.repeat(20) },
    deleteBehindBack: async (claim) => {
      await world.killAll(claim);
      await rm(world.directoryOf(claim), { recursive: true });
    },
    halfMake: async (claim) => {
      await mkdir(world.directoryOf(claim), { recursive: true });
      const record = { kind: 'command', spec, bootId: 'another', startedAt: 0 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    secrets: ['correct-horse-battery'],
    many: 3,
    settle: world.settle,
    timeToSettleMs: 20_000,
    close: async () => {
      for (const driver of opened) driver.close();
      await world.close();
    },
  };
}

resourceLaws({ name: 'command driver', newWorld });
