import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Report } from './bench.ts';
import { type Child, startBurner, startChild } from './child.ts';
import { median, percentile, rounded } from './figures.ts';
import { connections, type Load, loadOn } from './intake/load.ts';

/** How many webhooks a second are verified, stored for good and answered; and how long one waits at a thousand a second. */
export const intakeBench: Bench = { name: 'intake', run: benchIntake };

const steadyPerSecond = 1000;
const burstMs = 1500;

interface Contestant {
  readonly name: string;
  readonly child: Child;
  readonly load: Load;
  accepted: number;
  readonly perSecond: number[];
  readonly perSecondBuilding: number[];
  readonly waits: number[];
  readonly waitsBuilding: number[];
}

async function benchIntake({ rounds }: { readonly rounds: number }): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-bench-'));
  const running: Contestant[] = [];
  try {
    for (const name of ['ours', 'octokit']) running.push(await start(name, folder));
    // The first round only warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const contestant of running) await measure(contestant, round > 0);
    }
    for (const { name, child, accepted } of running) {
      const stored = await child.ask<number>('count');
      if (stored !== accepted) throw new Error(`${name} accepted ${accepted} deliveries and has ${stored}`);
    }
    return reportOf(running, await diskWaitMs(folder));
  } finally {
    for (const { load, child } of running) {
      await load.close();
      await child.stop();
    }
    await rm(folder, { recursive: true });
  }
}

async function start(name: string, folder: string): Promise<Contestant> {
  const { child, first } = await startChild<number>(new URL('intake/server.ts', import.meta.url), [name, folder]);
  return {
    name,
    child,
    load: loadOn(first),
    accepted: 0,
    perSecond: [],
    perSecondBuilding: [],
    waits: [],
    waitsBuilding: [],
  };
}

/** Alone, then beside a build that takes a core. */
async function measure(on: Contestant, counts: boolean): Promise<void> {
  for (const building of [false, true]) {
    const stopBurner = building ? await startBurner() : undefined;
    try {
      const steady = await on.load.steady(steadyPerSecond, burstMs);
      const flood = await on.load.flood(burstMs);
      on.accepted += steady.accepted + flood.accepted;
      if (!counts) continue;
      (building ? on.perSecondBuilding : on.perSecond).push(flood.perSecond);
      for (const wait of steady.waits) (building ? on.waitsBuilding : on.waits).push(wait);
    } finally {
      await stopBurner?.();
    }
  }
}

/** What the disk itself takes for one small durable write: the floor under every answer. */
async function diskWaitMs(folder: string): Promise<number> {
  const file = await open(join(folder, 'probe'), 'w');
  const waits: number[] = [];
  for (let count = 0; count < 50; count++) {
    const began = performance.now();
    await file.write(Buffer.alloc(4096));
    await file.datasync();
    waits.push(performance.now() - began);
  }
  await file.close();
  return median(waits);
}

function reportOf(running: readonly Contestant[], fsyncMs: number): Report {
  const figures = running.map((on) => ({
    name: on.name,
    // The targets are those beside a build.
    perSecond: rounded(median(on.perSecondBuilding)),
    p50Ms: rounded(percentile(on.waitsBuilding, 50)),
    p99Ms: rounded(percentile(on.waitsBuilding, 99)),
    perSecondAlone: rounded(median(on.perSecond)),
    p50AloneMs: rounded(percentile(on.waits, 50)),
    p99AloneMs: rounded(percentile(on.waits, 99)),
  }));
  const [ours, peer] = figures;
  const row = (one: (typeof figures)[number]): string[][] => [
    [one.name, 'alone', one.perSecondAlone.toFixed(0), one.p50AloneMs.toFixed(1), one.p99AloneMs.toFixed(1)],
    [one.name, 'beside a build', one.perSecond.toFixed(0), one.p50Ms.toFixed(1), one.p99Ms.toFixed(1)],
  ];
  return {
    table: [
      ['who', 'when', 'most per second', `p50 ms at ${steadyPerSecond}/s`, `p99 ms at ${steadyPerSecond}/s`],
      ...figures.flatMap(row),
    ],
    json: {
      ...ours,
      peerPerSecond: peer?.perSecond,
      peerPerSecondAlone: peer?.perSecondAlone,
      peerP99Ms: peer?.p99Ms,
      bytes: running[0]?.load.bytes,
      connections,
      steadyPerSecond,
      fsyncMs: rounded(fsyncMs),
    },
  };
}
