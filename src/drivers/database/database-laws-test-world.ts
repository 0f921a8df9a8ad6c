import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aCall, aClaim } from '../../../testing/builders.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { type DatabaseWorldAbout, databaseWorld } from '../../../testing/database-world.ts';
import type { JsonObject } from '../../domain/json.ts';
import { unmount } from '../../kit/clone/mounts.ts';
import { databaseDriver } from './database-driver.ts';

/** A world for the laws of resources, with a real server behind every claim. */
export async function lawsWorld(about: DatabaseWorldAbout): Promise<ResourceWorld> {
  const world = await databaseWorld(about);
  const instance = `${world.instance}-other`;
  const stranger = databaseDriver({
    ...world.options,
    dataDir: join(world.dataDir, 'elsewhere'),
    golden: world.golden,
    instance,
  });
  const refused = (over: JsonObject) => world.current().create(aClaim(), { ...world.spec(aClaim()), ...over }, aCall());
  return {
    driver: world.driver,
    reopen: world.reopen,
    spec: world.spec,
    otherSpec: (claim) => ({ ...world.spec(claim), memoryMb: 24 }),
    strangers: {
      // Another server of ours on this machine, with the very same claim and golden copies.
      plant: async () => {
        await mkdir(join(world.dataDir, 'elsewhere'), { mode: 0o711 });
        await stranger.create(aClaim(), world.spec(aClaim()), aCall());
      },
      untouched: async () => {
        await world.settle(
          async () => (await stranger.observe(aClaim(), world.spec(aClaim()), aCall())).is !== 'arriving',
        );
        const seen = await stranger.observe(aClaim(), world.spec(aClaim()), aCall());
        await stranger.destroy(aClaim(), aCall());
        await world.settle(
          async () => (await stranger.observe(aClaim(), world.spec(aClaim()), aCall())).is === 'absent',
        );
        return seen.is === 'ready';
      },
    },
    deleteBehindBack: async (claim) => {
      const seen = await world.current().observe(claim, world.spec(claim), aCall());
      const path = seen.is === 'ready' ? String(seen.facts['path']) : '';
      await unmount(path);
      await rm(path, { recursive: true });
    },
    halfMake: async (claim) => {
      await world.current().observe(claim, world.spec(claim), aCall());
      await mkdir(world.claimFolder(claim), { recursive: true });
      await writeFile(join(world.claimFolder(claim), 'about.json'), JSON.stringify({ spec: world.spec(claim) }));
    },
    troubles: [
      { what: 'an unknown secret', remedy: 'fix-setup', provoke: () => refused({ password: { secret: 'unknown' } }) },
      {
        what: 'a setting that names a file',
        remedy: 'change-input',
        provoke: () => refused({ settings: { log_error: '/x' } }),
      },
      { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => refused({ engine: 'oracle' }) },
    ],
    secrets: [world.passwordOf(aClaim())],
    many: 3,
    settle: world.settle,
    timeToSettleMs: 60_000,
    promptMs: 10_000,
    close: async () => {
      await stranger.close();
      await world.close();
    },
  };
}
