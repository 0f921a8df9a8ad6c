import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotMeasure } from './bench.ts';
import { median, rounded } from './figures.ts';
import {
  type Contestant,
  isInstalled,
  startCaddy,
  startNginx,
  startOurs,
  startUpstream,
} from './gateway/contestants.ts';
import { type Burst, burstByWrk, burstOfEchoes } from './gateway/load.ts';

export interface GatewayBenchOptions {
  /** How often each is measured, in turn; medians count. Default 5. */
  readonly rounds?: number;
  /** Length of one burst. Default 1. */
  readonly seconds?: number;
}

interface Figures {
  readonly name: string;
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

const kinds = ['1 KB', '1 MB', 'echo'] as const;
type Kind = (typeof kinds)[number];

/** What our gateway costs beside nginx and Caddy, in one run, in turn, on the same application. */
export const gatewayBench = { name: 'gateway', run: benchGateway };

export async function benchGateway({ rounds = 5, seconds = 1 }: GatewayBenchOptions = {}) {
  const missing = ['nginx', 'caddy', 'wrk'].filter((program) => !isInstalled(program));
  if (missing.length > 0) {
    throw new CannotMeasure(`gateway: ${missing.join(', ')} not found; on Debian: bash scripts/install-bench-parts.sh`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'wizard-bench-'));
  const upstream = await startUpstream();
  const running: Contestant[] = [{ ...upstream, name: 'direct', cpuMicros: () => 0, stop: async () => undefined }];
  try {
    running.push(await startOurs(upstream.port));
    running.push(await startNginx(upstream.port, folder));
    running.push(await startCaddy(upstream.port, folder));
    const figures: Partial<Record<Kind, Figures[]>> = {};
    for (const kind of kinds) figures[kind] = await measure(kind, running, rounds, seconds);
    return reportOf(figures as Record<Kind, Figures[]>);
  } finally {
    await Promise.all(running.map((contestant) => contestant.stop()));
    await upstream.stop();
    await rm(folder, { recursive: true });
  }
}

async function measure(
  kind: Kind,
  running: readonly Contestant[],
  rounds: number,
  seconds: number,
): Promise<Figures[]> {
  const measured = running.map(({ name }) => ({
    name,
    cpu: [] as number[],
    rate: [] as number[],
    wait: [] as number[],
  }));
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of running.entries()) {
      const before = contestant.cpuMicros();
      const busy = await burst(kind, contestant.port, 16, seconds);
      const cpu = (contestant.cpuMicros() - before) / busy.count;
      // How long one visitor waits is only seen when he is alone.
      const alone = await burst(kind, contestant.port, 1, seconds);
      if (round === 0) continue;
      measured[index]?.cpu.push(cpu);
      measured[index]?.rate.push(busy.perSecond);
      measured[index]?.wait.push(alone.p50Ms);
    }
  }
  return measured.map(({ name, cpu, rate, wait }) => ({
    name,
    cpuMicros: median(cpu),
    perSecond: median(rate),
    p50Ms: median(wait),
  }));
}

const burst = (kind: Kind, port: number, connections: number, seconds: number): Promise<Burst> =>
  kind === 'echo'
    ? burstOfEchoes({ port, path: '/', connections, seconds })
    : burstByWrk({ port, path: kind === '1 KB' ? '/1k' : '/1m', connections, seconds });

function reportOf(figures: Record<Kind, Figures[]>) {
  const find = (kind: Kind, name: string): Figures | undefined => figures[kind].find((one) => one.name === name);
  const ratio = (kind: Kind, rival: string): number => {
    const [ours, theirs] = [find(kind, 'ours'), find(kind, rival)];
    return rounded((ours?.cpuMicros ?? 0) / (theirs?.cpuMicros ?? 0));
  };
  const added = (kind: Kind, name: string): number =>
    rounded((find(kind, name)?.p50Ms ?? 0) - (find(kind, 'direct')?.p50Ms ?? 0));
  const rows = kinds.flatMap((kind) =>
    figures[kind].map(({ name, cpuMicros, perSecond }) => [
      kind,
      name,
      name === 'direct' ? '–' : cpuMicros.toFixed(1),
      name === 'direct' ? '–' : added(kind, name).toFixed(3),
      perSecond.toFixed(0),
    ]),
  );
  return {
    table: [['what', 'through', 'CPU µs each', 'added p50 ms', 'per second'], ...rows],
    json: {
      cpuPerRequestVsCaddy: ratio('1 KB', 'caddy'),
      cpuPerRequestVsNginx: ratio('1 KB', 'nginx'),
      cpuPerMegabyteVsCaddy: ratio('1 MB', 'caddy'),
      cpuPerEchoVsCaddy: ratio('echo', 'caddy'),
      cpuPerRequestMicros: rounded(find('1 KB', 'ours')?.cpuMicros ?? 0),
      addedP50Ms: added('1 KB', 'ours'),
      addedP50MsOfCaddy: added('1 KB', 'caddy'),
      perSecond: rounded(find('1 KB', 'ours')?.perSecond ?? 0),
      all: figures,
    },
  };
}
