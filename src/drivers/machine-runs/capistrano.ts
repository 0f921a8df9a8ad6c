import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { copyTree } from '../../kit/copy-tree.ts';
import type { EnvironmentValue } from '../../kit/environment-value.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import { homeFiles } from './machine-home.ts';
import type { MachineProgram, ProgramRun } from './machine-program.ts';
import { type MachineRunDriver, machineRunDriver } from './machine-run-driver.ts';
import { argvField, machineRunFields, readSpec } from './machine-target.ts';
import { rewriteDeployFile } from './rewrite-deploy-file.ts';

const capistranoSpec = z.object({
  ...machineRunFields,
  run: argvField,
  roles: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)),
  told: z.union([z.literal('environment'), z.strictObject({ rewrite: z.string() })]),
  revisionFile: z.string(),
});

const copyLimitMs = 10 * 60_000;

const capistranoProgram: MachineProgram = {
  kind: 'capistrano',
  whatHelps:
    'Mend the commit or its deploy; the log has all that cap said. A push deploys again on the same machine, and so does "wizard redeploy".',
  read(input) {
    const { directory: checkout, run, roles, told, ...spec } = readSpec(capistranoSpec, input, 'capistrano');
    return {
      ...spec,
      checkout,
      program: run[0],
      argv(directory) {
        if (told === 'environment') return run;
        return ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'wizard-run', homeFiles(directory).work, ...run];
      },
      ownEnv: (directory) => ({
        ...liveOutput(directory, spec.env),
        WIZARD_ROLES: roles.join(' '),
        WIZARD_REVISION: spec.revision,
        // What stage files usually read.
        BRANCH: spec.revision,
        REVISION: spec.revision,
      }),
      async prepare(directory, signal) {
        await writeLiveOutput(directory);
        if (told === 'environment') return;
        const { work } = homeFiles(directory);
        await mkdir(work, { recursive: true, mode: 0o700 });
        await copyTree(checkout, work, { how: 'reflink', signal, timeLimitMs: copyLimitMs });
        await rewriteDeployFile(work, told.rewrite, { target: spec.target, roles, revision: spec.revision });
      },
    };
  },
  whyFailed: whyDeployFailed,
};

/** Deploys a commit to a machine with Capistrano. Facts: `revision`, as the machine itself says it. */
export const capistranoDriver = (options: RunDriverOptions): MachineRunDriver =>
  machineRunDriver(options, capistranoProgram);

const live = 'wizard_live_output';

/** Ruby holds back what it prints into a file; people watch it. */
async function writeLiveOutput(directory: string): Promise<void> {
  const { ruby } = homeFiles(directory);
  await mkdir(ruby, { recursive: true, mode: 0o700 });
  await writeFile(join(ruby, `${live}.rb`), '$stdout.sync = true\n');
}

/** The repository's own options of Ruby stay. */
function liveOutput(directory: string, { RUBYOPT, RUBYLIB }: ProgramRun['env']): Record<string, string> {
  const own = (value: EnvironmentValue | undefined, before: string): string =>
    typeof value === 'string' ? `${before}${value}` : '';
  return { RUBYOPT: `-r${live}${own(RUBYOPT, ' ')}`, RUBYLIB: `${homeFiles(directory).ruby}${own(RUBYLIB, ':')}` };
}

/** What follows "cap aborted!" is the reason, up to where the stack begins. */
function whyDeployFailed(status: number, lines: readonly string[]): Verdict | undefined {
  const aborted = lines.findLastIndex((line) => /^\S+ aborted!$/.test(line));
  if (aborted === -1) return undefined;
  const reason = lines.slice(aborted + 1, aborted + 4).filter((line) => !/^(?:\/|Caused by|Tasks: )/.test(line));
  if (reason.length === 0) return undefined;
  return { note: `cap ended with status ${status}: ${reason.join(' ').slice(0, 600)}`, remedy: 'change-input' };
}
