import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ablatedRules, firstFailure } from './ablations.ts';
import { type BoundaryReport, disturbEverywhere, type Stretch, stretches } from './boundaries.ts';
import { runSeed } from './run-seed.ts';

/** What a worker process is asked, and what it answers. */
type Task =
  | { readonly do: 'seeds'; readonly seeds: readonly number[] }
  | {
      readonly do: 'boundaries';
      readonly stretch: Stretch;
      readonly every: number;
      readonly part: { of: number; index: number };
    };
interface SeedReport {
  readonly failures: readonly string[];
  readonly kills: number;
  readonly slowestMs: number;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    ablations: { type: 'boolean', default: false },
    boundaries: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
  },
});

const began = performance.now();
const workers = Math.max(1, Math.min(8, availableParallelism()));
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

if (process.send) process.once('message', (task) => void answer(task as Task));
else if (values.seed !== undefined) await oneSeed(Number(values.seed));
else if (values.ablations) await ablations(Number(values.seeds));
else if (values.boundaries) await boundaries();
else await manySeeds(Number(values.from), Number(values.seeds));

async function oneSeed(seed: number): Promise<void> {
  const { problems, hash, kills, restedAfterMs, trace } = await runSeed(seed, { keepTrace: values.trace });
  for (const line of trace) console.log(line);
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(
    `seed ${seed}, trace ${hash}: ${problems.length === 0 ? 'holds' : 'FAILS'}; ${kills} kills, at rest after ${Math.round(restedAfterMs / 1000)} s`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

async function manySeeds(from: number, count: number): Promise<void> {
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const tasks = Array.from(
    { length: workers },
    (_, part): Task => ({
      do: 'seeds',
      seeds: seeds.filter((_seed, index) => index % workers === part),
    }),
  );
  const reports = await Promise.all(tasks.map((task) => inWorker<SeedReport>(task)));
  const failures = reports.flatMap((report) => report.failures);
  for (const failure of failures) console.log(failure);
  const kills = reports.reduce((sum, report) => sum + report.kills, 0);
  const slowest = Math.round(Math.max(...reports.map(({ slowestMs }) => slowestMs)) / 1000);
  console.log(
    `${count - failures.length} of ${count} seeds hold; ${kills} kills; slowest rest ${slowest} s of their time; ${seconds()}`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

async function ablations(seeds: number): Promise<void> {
  for (const rule of ablatedRules) {
    const found = await firstFailure(rule, seeds);
    if (!found) process.exitCode = 1;
    console.log(
      `without ${rule.rule}: ${found ? `seed ${found.seed}: ${found.problem}` : `NOT NOTICED in ${seeds} seeds`}`,
    );
  }
  console.log(seconds());
}

/** Building and taking away at every boundary; a push, which is much of both, at each `--every`-th. */
async function boundaries(): Promise<void> {
  for (const stretch of stretches) {
    const every = stretch === 'push' ? Number(values.every) : 1;
    const tasks = Array.from(
      { length: workers },
      (_, index): Task => ({ do: 'boundaries', stretch, every, part: { of: workers, index } }),
    );
    const reports = await Promise.all(tasks.map((task) => inWorker<BoundaryReport>(task)));
    const failures = reports.flatMap((report) => report.failures);
    for (const failure of failures) console.log(failure);
    const runs = reports.reduce((sum, report) => sum + report.runs, 0);
    console.log(
      `${stretch}: ${reports[0]?.boundaries} boundaries, ${runs} runs, ${failures.length} failures; ${seconds()}`,
    );
    if (failures.length > 0) process.exitCode = 1;
  }
}

/** Runs in a process of its own, so that every core is used. */
function inWorker<Report>(task: Task): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), []);
    child.once('message', (report) => resolve(report as Report));
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it answered`)));
    child.send(task);
  });
}

async function answer(task: Task): Promise<void> {
  const report =
    task.do === 'seeds' ? await seedReport(task.seeds) : await disturbEverywhere(task.stretch, task.every, task.part);
  process.send?.(report, () => process.disconnect());
}

async function seedReport(seeds: readonly number[]): Promise<SeedReport> {
  const failures: string[] = [];
  let kills = 0;
  let slowestMs = 0;
  for (const seed of seeds) {
    const result = await runSeed(seed);
    kills += result.kills;
    slowestMs = Math.max(slowestMs, result.restedAfterMs);
    if (result.problems.length > 0) failures.push(`seed ${seed}, trace ${result.hash}: ${result.problems.join('; ')}`);
  }
  return { failures, kills, slowestMs };
}
