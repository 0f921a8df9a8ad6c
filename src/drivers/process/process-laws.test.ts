import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { runWorld } from '../../../testing/run-world.ts';
import { type ProcessDriver, processDriver } from './process-driver.ts';

const server = `
require('node:http').createServer((_, answer) => answer.end('hello')).listen(process.env.PORT, '127.0.0.1');
`;

async function newWorld(): Promise<ResourceWorld> {
  const world = await runWorld();
  const opened: ProcessDriver[] = [];
  const open = (): ProcessDriver => {
    opened.at(-1)?.close();
    const driver = processDriver(world.options);
    opened.push(driver);
    return driver;
  };
  const run = await world.program('server.cjs', server);
  const spec = {
    directory: world.checkout,
    run,
    health: { by: 'http', path: '/', status: 200 },
    revision: '3f'.repeat(20),
    stopGraceMs: 2000,
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
      const record = { kind: 'process', spec, bootId: 'another', startedAt: 0, port: 12_345 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    count: world.runsOf,
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

resourceLaws({ name: 'process driver', newWorld });
