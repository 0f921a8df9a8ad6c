import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../demo/browse.ts';
import { localLookMs } from '../src/kit/local-look.ts';
import type { Bench, Report } from './bench.ts';
import { type Child, startChild } from './child.ts';
import { median, rounded } from './figures.ts';
import { type GithubResync, githubResync } from './idle/github-resync.ts';
import type { Resync, Usage } from './idle/server.ts';

/** What the server takes when nothing happens, and what looking through everything costs. */
export const idleBench: Bench = { name: 'idle', run: benchIdle };

const sizes = [
  { environments: 0, repositories: 1 },
  { environments: 100, repositories: 10 },
  { environments: 1000, repositories: 100 },
];
/** All that became live at one moment has its first look after this; from then on looks are spread evenly. */
const settledAfterMs = localLookMs / 4 + 5_000;
/** Long enough for each of the rounds that come every minute. */
const watchedMs = 66_000;

interface Found {
  readonly environments: number;
  readonly repositories: number;
  readonly liveAfterMs: number;
  readonly rssMiB: number;
  /** In use when all garbage is collected. */
  readonly heldMiB: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly resyncMs: number;
  readonly resyncCalls: number;
}

async function benchIdle({ rounds }: { readonly rounds: number }): Promise<Report> {
  const found: Found[] = [];
  for (const size of sizes) found.push(await measure(size, rounds));
  const github = await measureGithub();
  const heading = [
    'environments',
    'repositories',
    'memory MiB',
    'of it in use',
    'CPU % of a core',
    'resync ms',
    'API calls',
  ];
  const rows = found.map((one) => [
    String(one.environments),
    String(one.repositories),
    one.rssMiB.toFixed(0),
    one.heldMiB.toFixed(0),
    one.cpuPercent.toFixed(2),
    one.resyncMs.toFixed(1),
    String(one.resyncCalls),
  ]);
  const heard = (['first', 'next'] as const).map((which) => {
    const { requests, counted } = github[which];
    return [`GitHub, ${which}`, String(github.repositories), '', '', '', '', `${requests}, ${counted} counted`];
  });
  return { table: [heading, ...rows, ...heard], json: { watchedMs, sizes: found, github } };
}

async function measureGithub(): Promise<GithubResync> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-bench-'));
  try {
    return await githubResync(folder, sizes.at(-1) ?? { environments: 1, repositories: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(size: (typeof sizes)[number], rounds: number): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-bench-'));
  const began = performance.now();
  const { child } = await startChild<string>(new URL('idle/server.ts', import.meta.url), [
    String(size.environments),
    String(size.repositories),
    folder,
  ]);
  try {
    await until('every environment to be live', 300_000, async () =>
      (await child.ask<number>('live')) === size.environments ? true : undefined,
    );
    const liveAfterMs = performance.now() - began;
    await pause(settledAfterMs);
    const { rssMiB, cpuPercent } = await watch(child);
    const heldMiB = (await child.ask<number>('held')) / 2 ** 20;
    const resyncs: Resync[] = [];
    for (let round = 0; round < rounds; round++) resyncs.push(await child.ask<Resync>('resync'));
    const marked = resyncs.find((one) => one.marked > 0);
    if (marked) throw new Error(`a resync found ${marked.marked} differences where there are none`);
    return {
      ...size,
      liveAfterMs: Math.round(liveAfterMs),
      rssMiB: rounded(rssMiB),
      heldMiB: rounded(heldMiB),
      cpuPercent: rounded(cpuPercent),
      resyncMs: rounded(median(resyncs.map(({ ms }) => ms))),
      resyncCalls: median(resyncs.map(({ calls }) => calls)),
    };
  } finally {
    await child.stop();
    await rm(folder, { recursive: true });
  }
}

async function watch(child: Child): Promise<{ rssMiB: number; cpuPercent: number }> {
  const before = await child.ask<Usage>('usage');
  await pause(watchedMs);
  const after = await child.ask<Usage>('usage');
  return {
    rssMiB: after.rssBytes / 2 ** 20,
    cpuPercent: ((after.cpuMicros - before.cpuMicros) / 1000 / (after.atMs - before.atMs)) * 100,
  };
}
