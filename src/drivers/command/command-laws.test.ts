import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { runWorld } from '../../../testing/run-world.ts';
import type { JsonObject } from '../../domain/json.ts';
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
  const stranger = `${world.options.instance}-other`;
  const driver = open();
  const refused = (over: JsonObject) => driver.create(aClaim(), { ...spec, ...over }, aCall());
  return {
    driver,
    reopen: open,
    spec,
    otherSpec: { ...spec, revision: 'a0'.repeat(20) },
    strangers: {
      plant: async () => {
        // Another server on this machine with the very same claim, and a run of another kind in our own directory.
        const dataDir = join(world.root, 'elsewhere');
        const other = commandDriver({ ...world.options, dataDir, instance: stranger });
        opened.unshift(other);
        await other.create(aClaim(), spec, aCall());
        await other.create(aClaim({ role: 'stranger' }), spec, aCall());
        await mkdir(world.directoryOf(aClaim({ role: 'another-kind' })), { recursive: true });
        const record = { kind: 'another', spec: {}, bootId: 'x', startedAt: 0 };
        await writeFile(join(world.directoryOf(aClaim({ role: 'another-kind' })), 'run.json'), JSON.stringify(record));
      },
      untouched: async () => {
        const seen = await opened[0]?.observe(aClaim(), spec, aCall());
        const there = await readdir(join(world.dataDir, 'runs'));
        await Promise.all([
          opened[0]?.destroy(aClaim(), aCall()),
          opened[0]?.destroy(aClaim({ role: 'stranger' }), aCall()),
        ]);
        await world.settle(async () => (await opened[0]?.observe(aClaim(), spec, aCall()))?.is === 'absent');
        return (seen?.is === 'ready' || seen?.is === 'arriving') && there.length === 1;
      },
    },
    deleteBehindBack: async (claim) => {
      await world.killAll(claim);
      await rm(world.directoryOf(claim), { recursive: true });
    },
    halfMake: async (claim) => {
      await mkdir(world.directoryOf(claim), { recursive: true });
      const record = { kind: 'command', spec, bootId: 'another', startedAt: 0 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    troubles: [
      { what: 'a directory that is not there', remedy: 'try-again', provoke: () => refused({ directory: '/nowhere' }) },
      { what: 'an unknown secret', remedy: 'fix-setup', provoke: () => refused({ env: { A: { secret: 'unknown' } } }) },
      { what: 'too long a value', remedy: 'change-input', provoke: () => refused({ env: { A: 'x'.repeat(3e6) } }) },
      { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => refused({ run: 'true' }) },
    ],
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
