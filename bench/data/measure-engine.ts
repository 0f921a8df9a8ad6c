import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../../src/kit/remove-tree.ts';
import { mustAnswer } from './ask.ts';
import type { BenchEngine, DataAsked, Import } from './asked.ts';
import { imports, referenceOf } from './asked.ts';
import { bareStart } from './bare-start.ts';
import { type Environments, openEnvironments } from './environments.ts';
import type { Ground } from './ground.ts';
import { importDump } from './import-dump.ts';
import { measureDisk } from './measure-disk.ts';
import { measureHandOut, measureTwenty } from './measure-many.ts';
import { measureUpdates } from './measure-updates.ts';
import type { Measured, MeasuredSize } from './measured.ts';
import { makeStaging, type Staging } from './staging.ts';
import { firstRows, largest } from './tables.ts';

export interface EngineAsked extends DataAsked {
  readonly engine: BenchEngine;
  readonly rounds: number;
  /** Of imports, if it was said; they take minutes. */
  readonly importRounds: number | undefined;
  /** An image of the server, where there is one. */
  readonly image: string | undefined;
  readonly say: (line: string) => void;
}

/** Above this size imports are made once, unless somebody says how often. */
const oftenMegabytes = 200;

/** Makes data of all sizes and measures every way that was asked for, in turn. */
export async function measureEngine(ground: Ground, asked: EngineAsked): Promise<Measured> {
  const { engine, sizes, ways, rounds, say } = asked;
  const measured: { staging: Staging; untilFirstRow: MeasuredSize['untilFirstRow'] }[] = [];
  for (const megabytes of sizes) {
    const chosen = imports.filter((way) => ways.includes(way));
    say(`${engine}: making ${megabytes} MB`);
    const about = { engine, megabytes, withDumps: chosen.length > 0, withPlain: ways.includes('copy') };
    const staging = await makeStaging(ground, about);
    const times = await importAll(ground, asked, staging, chosen);
    await removeTree(staging.dump);
    await removeTree(staging.tables);
    measured.push({ staging, untilFirstRow: { ...times, copy: [], clone: [] } });
  }
  const reference = referenceOf(sizes);
  const stagings = measured.map(({ staging }) => staging);
  const usual = stagings.find(({ megabytes }) => megabytes === reference);
  if (!usual) throw new Error('there is no size to measure');
  const clones = openEnvironments(ground, { dataDir: ground.pool });
  const copies = openEnvironments(ground, { dataDir: ground.plain, method: 'copy' });
  const isCloned = ways.includes('clone');
  const starts = await measureStarts(ground, asked, { stagings, clones, copies });
  say(`${engine}: 20 at once, disk and updates`);
  const twenty = isCloned ? await measureTwenty(ground, clones, usual, Math.min(rounds, 3)) : undefined;
  const diskShares = isCloned ? await measureDisk(ground, clones, usual) : undefined;
  const updates =
    isCloned && ways.includes('copy')
      ? await measureUpdates(ground, { clones, copies, staging: usual, rounds })
      : undefined;
  await clones.close();
  await copies.close();
  const handOut = isCloned ? await measureHandOut(ground, usual, rounds * 2) : [];
  for (const dataDir of [ground.pool, ground.plain]) await removeTree(join(dataDir, 'golden-databases', usual.source));
  return {
    ...{ engine, reference, serverVersion: usual.serverVersion, method: starts.method },
    sizes: measured.map(({ staging: { megabytes, bytes, dumpBytes }, untilFirstRow }) => ({
      ...{ megabytes, bytes, dumpBytes },
      untilFirstRow: {
        ...untilFirstRow,
        clone: starts.clone.get(megabytes) ?? [],
        copy: starts.copy.get(megabytes) ?? [],
      },
    })),
    ...{ emptyStart: starts.empty, ownEmpty: starts.ownEmpty, docker: starts.docker, handOut, diskShares, updates },
    ...{ twentyAtOnce: twenty?.times ?? [], idleMemoryMb: twenty?.memoryMb ?? [] },
  };
}

async function importAll(
  ground: Ground,
  { importRounds, say, engine }: EngineAsked,
  staging: Staging,
  chosen: readonly Import[],
): Promise<Readonly<Record<Import, readonly number[]>>> {
  const times: Record<Import, number[]> = { disk: [], tmpfs: [], tuned: [], parallel: [] };
  const count = importRounds ?? (staging.megabytes > oftenMegabytes ? 1 : 3);
  for (let round = 0; round < count; round++)
    for (const way of round % 2 === 0 ? chosen : chosen.toReversed()) {
      const took = await importDump(ground, way, staging);
      say(`${engine}: ${staging.megabytes} MB imported, ${way}: ${(took / 1000).toFixed(1)} s`);
      times[way].push(took);
    }
  return times;
}

interface Starting {
  readonly stagings: readonly Staging[];
  readonly clones: Environments;
  readonly copies: Environments;
}

/** Clones and copies of every size and the bare server, in turn, so that what else the machine does disturbs all of them. */
async function measureStarts(ground: Ground, asked: EngineAsked, { stagings, clones, copies }: Starting) {
  const { engine, ways, rounds, image, say } = asked;
  const found = {
    clone: new Map<number, number[]>(),
    copy: new Map<number, number[]>(),
    empty: [] as number[],
    ownEmpty: [] as number[],
    method: '',
  };
  const docker =
    image !== undefined && ways.includes('docker') ? { clone: [] as number[], emptyStart: [] as number[] } : undefined;
  const usual = stagings.find(({ megabytes }) => megabytes === referenceOf(asked.sizes));
  const empty = await emptyFolder(ground, clones, engine);
  const firstRow = async (environments: Environments, staging: Staging, container?: string): Promise<number> => {
    const began = performance.now();
    const { engine: of, source, version } = staging;
    const one = await environments.make({
      engine: of,
      source,
      version,
      ...(container === undefined ? {} : { container }),
    });
    await mustAnswer(one.facts, one.password, firstRows(largest), ground.signal);
    const took = performance.now() - began;
    if (environments === clones) found.method = String(one.facts['method']);
    await environments.remove(one);
    return took;
  };
  const note = (times: Map<number, number[]>, { megabytes }: Staging, took: number): void =>
    void times.set(megabytes, [...(times.get(megabytes) ?? []), took]);
  // Clones are quick, and what they are compared to must be measured as often.
  const count = ways.includes('clone') ? rounds * 3 : rounds;
  for (let round = 0; round <= count; round++) {
    // The first round only warms up.
    const counts = round > 0;
    for (const staging of round % 2 === 0 ? stagings : stagings.toReversed()) {
      if (ways.includes('clone')) {
        const took = await firstRow(clones, staging);
        if (counts) note(found.clone, staging, took);
      }
      if (ways.includes('copy') && round <= rounds) {
        const took = await firstRow(copies, staging);
        if (counts) note(found.copy, staging, took);
      }
    }
    const bare = await bareStart(ground, engine, empty, undefined);
    if (counts) found.empty.push(bare);
    const own = await ownEmpty(ground, clones, engine);
    if (counts) found.ownEmpty.push(own);
    if (docker && usual && round <= rounds) {
      const took = await firstRow(clones, usual, image);
      const alone = await bareStart(ground, engine, empty, image);
      if (counts) docker.clone.push(took);
      if (counts) docker.emptyStart.push(alone);
    }
  }
  say(`${engine}: clones ${JSON.stringify(Object.fromEntries(found.clone))}, empty ${JSON.stringify(found.empty)}`);
  return { ...found, docker };
}

/** Milliseconds until an environment's empty database answers. */
async function ownEmpty({ signal }: Ground, clones: Environments, engine: BenchEngine): Promise<number> {
  const began = performance.now();
  const one = await clones.make({ engine });
  await mustAnswer(one.facts, one.password, 'SELECT 1', signal);
  const took = performance.now() - began;
  await clones.remove(one);
  return took;
}

/** An empty data folder of this engine, as the driver makes it. */
async function emptyFolder({ pool }: Ground, clones: Environments, engine: BenchEngine): Promise<string> {
  await clones.remove(await clones.make({ engine }));
  const root = join(pool, 'golden-databases/.empty');
  const name = (await readdir(root)).find((one) => one.startsWith(engine)) ?? '';
  return join(root, name, 'data');
}
