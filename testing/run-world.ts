import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Claim, claimName } from '../src/domain/claim.ts';
import { systemClock } from '../src/kit/clock.ts';
import { Secret } from '../src/kit/secret.ts';
import { type ProcessStat, scanProcesses } from '../src/kit/supervised-run/process-table.ts';
import type { RunDriverOptions } from '../src/kit/supervised-run/run-driver-options.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { silentLog } from './silent-log.ts';

/** A place for real processes: a data directory, a checkout to run in, and a way to see and end all that was started. */
export async function runWorld() {
  const root = await mkdtemp(join(tmpdir(), 'wizard-runs-'));
  const dataDir = join(root, 'data');
  const checkout = join(root, 'checkout');
  await mkdir(checkout);
  const instance = root.slice(-6);
  const log = silentLog();
  const changed: Pick<Claim, 'environment' | 'role'>[] = [];
  const options: RunDriverOptions = {
    dataDir,
    instance,
    secrets: { token: new Secret('correct-horse-battery') },
    shared: { changed: (claim) => void changed.push(claim) },
    clock: systemClock,
    log,
  };
  const processesOf = (claim?: Claim): Promise<ProcessStat[]> =>
    scanProcesses((stat, environment) => {
      const marks = [`WIZARD_INSTANCE=${instance}`, ...(claim ? [`WIZARD_CLAIM=${claimName(claim)}`] : [])];
      const found = environment();
      return marks.every((mark) => found.includes(mark)) ? stat : undefined;
    });
  const killAll = async (claim?: Claim): Promise<void> => {
    for (const { pid } of await processesOf(claim)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  return {
    root,
    dataDir,
    checkout,
    log,
    changed,
    options,
    processesOf,
    killAll,
    /** How many runs there are: each has one process that leads a session. */
    runsOf: async (claim: Claim) =>
      (await processesOf(claim)).filter(({ pid, session, group }) => pid === session && pid === group).length,
    directoryOf: (claim: Claim) => join(dataDir, 'runs', claimName(claim)),
    /** Writes a program into the checkout and answers the arguments that run it. */
    program: async (name: string, text: string): Promise<[string, string]> => {
      await writeFile(join(checkout, name), text);
      return ['node', name];
    },
    settle: settleInRealTime(20_000),
    async close(): Promise<void> {
      await killAll();
      await settleInRealTime(5000)(async () => (await processesOf()).length === 0);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export type RunWorld = Awaited<ReturnType<typeof runWorld>>;
