import { loadavg } from 'node:os';
import { allowBaking, bake, forgetBaked } from '../testing/seed-stack/seed-bakes.ts';
import { exampleRecipe, shopName } from '../testing/seed-stack/seed-config.ts';
import { openSeedWorld, type SeedWorld } from '../testing/seed-stack/seed-world.ts';
import type { Bench, BenchOptions, Report } from './bench.ts';
import { median, rounded } from './figures.ts';
import { byHand, type SameLaunch } from './seed/by-hand.ts';
import { byWizard, closeByWizard } from './seed/by-wizard.ts';
import type { Times } from './seed/times.ts';
import { type Way, waysOf } from './seed/ways.ts';

/** The seed's whole stack: from `opened` to the URL in three ways, and the critical path beside the same commands by hand. */
export const seedBench: Bench = { name: 'seed', onlyByName: true, run: benchSeed };

type Runner = Way | 'by hand';

async function benchSeed({ rounds, megabytes }: BenchOptions): Promise<Report> {
  const found = new Map<Runner, Times[]>();
  const say = (line: string): void => console.error(line);
  const world = await openSeedWorld({ stagingMegabytes: megabytes, say, config: namesAtOnce });
  let bakeMs = 0;
  try {
    await allowBaking(world);
    await world.start();
    bakeMs = await bake(world);
    say(`baked: ${Math.round(bakeMs)} ms`);
    const ways = waysOf(await exampleRecipe());
    const wizard = wizardRuns(world, ways);
    // Only warms up, and tells what the hand has to ask for: exactly this.
    await wizard('tmpfs');
    const launch = launchOf(world);
    const hand = handRuns(world, launch);
    for (let round = 0; round < rounds; round++) {
      // What is compared runs side by side, so that what else this machine does disturbs both.
      const runners: readonly Runner[] = ['disk', 'tmpfs', 'by hand', 'baked'];
      for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
        const times = await (runner === 'by hand' ? hand() : wizard(runner));
        found.set(runner, [...(found.get(runner) ?? []), times]);
        say(
          `${runner}: ${Math.round(times.totalMs)} ms, load ${loadavg()[0]?.toFixed(1)} ${JSON.stringify(times.steps)}`,
        );
      }
    }
  } finally {
    await world.stop();
    await forgetBaked(world);
    await world.closeAll();
  }
  const { table, json } = reportOf(found);
  return { table, json: { ...json, megabytes, bakeMs: Math.round(bakeMs) } };
}

/** As by hand: what waits for the names to be everywhere does so while the machine works. */
const namesAtOnce = (config: string): string => config.replace('register: when-live', 'register: at-once');

function wizardRuns(world: SeedWorld, ways: ReadonlyMap<Way, string>): (way: Way) => Promise<Times> {
  let number = 0;
  return async (way) => {
    number += 1;
    const times = await byWizard(world, number, ways.get(way) ?? '');
    await closeByWizard(world, number);
    return times;
  };
}

function handRuns(world: SeedWorld, launch: SameLaunch): () => Promise<Times> {
  let count = 0;
  return async () => {
    count += 1;
    const { application } = world.bed.repositories;
    const sha = await application.commit(`refs/heads/by-hand-${count}`, {}, application.head);
    return byHand(world, sha, launch);
  };
}

function launchOf({ cloud }: SeedWorld): SameLaunch {
  const [instance] = cloud.instances;
  if (!instance) throw new Error(`no machine was started for ${shopName}`);
  return { request: instance.request, userData: instance.userData, databaseWord: 'a-database-word' };
}

const shown = ['machine', 'ssh', 'services', 'configure', 'deploy', 'health'] as const;

function reportOf(found: ReadonlyMap<Runner, readonly Times[]>): Report {
  const all = [...found].map(([runner, times]) => {
    const step = (name: string): number => median(times.map(({ steps }) => steps[name] ?? Number.NaN));
    const steps = Object.fromEntries(shown.map((name) => [name, Math.round(step(name))]));
    return { runner, totalMs: Math.round(median(times.map(({ totalMs }) => totalMs))), steps };
  });
  const totalOf = (wanted: Runner): number => all.find(({ runner }) => runner === wanted)?.totalMs ?? Number.NaN;
  const ratio = rounded(totalOf('tmpfs') / totalOf('by hand'));
  const pairs = (found.get('tmpfs') ?? []).map(({ totalMs }, round) =>
    rounded(totalMs / (found.get('by hand')?.[round]?.totalMs ?? Number.NaN)),
  );
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return {
    table: [
      ['way', ...shown.map((name) => `${name} s`), 'URL s'],
      ...all.map(({ runner, totalMs, steps }) => [
        runner,
        ...shown.map((name) => seconds(steps[name] ?? Number.NaN)),
        seconds(totalMs),
      ]),
      ['tmpfs to by hand, ratio', ...shown.map(() => ''), ratio.toFixed(3)],
    ],
    json: { ratio, pairs, medians: all, all: Object.fromEntries(found) },
  };
}
