import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { aCall, aClaim } from '../../../testing/builders.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { runWorld } from '../../../testing/run-world.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { dropNetwork } from '../../kit/containers/private-network.ts';
import { Secret } from '../../kit/secret.ts';
import { cacheContainers } from './cache-containers.ts';
import { type CacheDriver, cacheDriver } from './cache-driver.ts';
import type { CacheSpec } from './cache-spec.ts';

export type Access = 'socket' | 'password' | 'port';
export interface CacheAbout {
  readonly engine: CacheSpec['engine'];
  readonly access?: Access;
  /** An image; missing: the program of this machine. */
  readonly container?: string | undefined;
}

const wayIn: Readonly<Record<Access, JsonObject>> = {
  socket: { socket: true },
  password: { password: { secret: 'token' } },
  port: {},
};
export const otherPassword = 'the-word-of-another-environment';

export async function cacheWorld({
  engine,
  container,
  access = engine === 'redis' ? 'password' : 'socket',
}: CacheAbout) {
  const world = await runWorld();
  // For a cache that runs as another user.
  await chmod(world.root, 0o711);
  await mkdir(world.dataDir, { mode: 0o711 });
  const options = {
    ...world.options,
    secrets: { ...world.options.secrets, other: new Secret(otherPassword) },
  };
  const opened: CacheDriver[] = [];
  const open = (): CacheDriver => {
    opened.at(-1)?.close();
    const driver = cacheDriver(options);
    opened.push(driver);
    return driver;
  };
  const driver = open();
  const current = (): CacheDriver => opened.at(-1) ?? driver;
  const directoryOf = (claim: Claim): string => join(world.dataDir, 'caches/runs', claimName(claim));
  const image = container === undefined ? {} : { container };
  const spec: JsonObject = { engine, memoryMb: 16, ...wayIn[access], ...image };
  return {
    ...world,
    ...{ options, directoryOf, open, driver, current, spec, opened },
    /** Made, with its facts. */
    async made(claim: Claim = aClaim(), wanted: JsonObject = spec): Promise<JsonObject> {
      await current().create(claim, wanted, aCall());
      let facts: JsonObject = {};
      await world.settle(async () => {
        const seen = await current().observe(claim, wanted, aCall());
        if (seen.is === 'broken') assert.fail(`${seen.note}: ${seen.lastLines?.join(' ')}`);
        if (seen.is === 'ready') facts = seen.facts;
        return seen.is === 'ready';
      });
      return facts;
    },
    async close(): Promise<void> {
      const last = open();
      for await (const claim of last.owned(aCall())) await last.destroy(claim, aCall());
      for (const one of opened) one.close();
      await dropNetwork(options.instance);
      await world.close();
    },
  };
}

export async function cacheLawsWorld(about: CacheAbout): Promise<ResourceWorld> {
  const world = await cacheWorld(about);
  const { options, spec, settle } = world;
  // Another server on this machine, which has the very same claim.
  const elsewhere = join(world.root, 'elsewhere');
  await mkdir(elsewhere, { mode: 0o711 });
  const theirs = { ...options, dataDir: elsewhere, instance: `${options.instance}-other` };
  const stranger = cacheDriver(theirs);
  const seenThere = async () => (await stranger.observe(aClaim(), spec, aCall())).is;
  const refused = (over: JsonObject) => world.driver.create(aClaim(), { ...spec, ...over }, aCall());
  return {
    driver: world.driver,
    reopen: world.open,
    spec,
    otherSpec: { ...spec, memoryMb: 24 },
    strangers: {
      plant: async () => {
        await stranger.create(aClaim(), spec, aCall());
        await settle(async () => (await seenThere()) === 'ready');
      },
      untouched: async () => {
        const isReady = (await seenThere()) === 'ready';
        await stranger.destroy(aClaim(), aCall());
        await settle(async () => (await seenThere()) === 'absent');
        return isReady;
      },
    },
    deleteBehindBack: async (claim) => {
      if (about.container !== undefined) await cacheContainers(world.options.instance).remove(claim);
      await world.killAll(claim);
      await rm(world.directoryOf(claim), { recursive: true });
    },
    halfMake: async (claim) => {
      await mkdir(world.directoryOf(claim), { recursive: true });
      const record = { kind: 'cache', spec, bootId: 'another', startedAt: 0, port: 12_345 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    count: world.runsOf,
    troubles: [
      { what: 'an unknown secret', remedy: 'fix-setup', provoke: () => refused({ password: { secret: 'unknown' } }) },
      { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => refused({ engine: 'mongo' }) },
    ],
    secrets: ['correct-horse-battery'],
    many: 3,
    settle,
    timeToSettleMs: 20_000,
    close: async () => {
      stranger.close();
      await dropNetwork(theirs.instance);
      await world.close();
    },
  };
}

/** Where facts say that it listens. */
export const placeOf = (facts: JsonObject): NetConnectOpts =>
  facts['socket'] === undefined
    ? { host: '127.0.0.1', port: Number(facts['port']) }
    : { path: String(facts['socket']) };

/** The first that it says to this. */
export const said = (facts: JsonObject, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(placeOf(facts), () => socket.write(question));
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString());
    });
  });

/** All that it says to lines of which the last ends the connection. */
export const answersTo = (facts: JsonObject, ...lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(placeOf(facts), () => socket.end(lines.map((line) => `${line}\r\n`).join('')));
    socket.once('error', reject);
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.once('close', () => resolve(text));
  });

/** How somebody signs in to memcached in its text protocol. */
export const memcachedProof = (password: string): readonly string[] => {
  const proof = `app ${password}`;
  return [`set auth 0 0 ${proof.length}`, proof];
};
