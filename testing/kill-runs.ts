import { randomInt } from 'node:crypto';

/** How often tests of sudden ends end something. More of them: `KILL_RUNS=50`. */
export const killRuns = (usual: number): number => Number(process.env['KILL_RUNS'] ?? usual);

/** Of the first run; each has the next. New ones every time, and printed: `KILL_SEED=4711` repeats what a run did. */
export const killSeed = Number(process.env['KILL_SEED'] ?? randomInt(1, 1_000_000));
