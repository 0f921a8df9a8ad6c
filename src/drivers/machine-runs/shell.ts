import { z } from 'zod';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import type { MachineProgram } from './machine-program.ts';
import { type MachineRunDriver, machineRunDriver } from './machine-run-driver.ts';
import { argvField, machineRunFields, readSpec } from './machine-target.ts';

const shellSpec = z.object({ ...machineRunFields, run: argvField, revisionFile: z.string().optional() });

const shellProgram: MachineProgram = {
  kind: 'shell',
  whatHelps:
    'Mend the commit or the script; its log has all that it said. A push deploys again on the same machine, and so does "wizard redeploy".',
  read(input) {
    const { directory, run, ...spec } = readSpec(shellSpec, input, 'shell');
    return { ...spec, checkout: directory, program: run[0], argv: () => run, ownEnv: () => ({}) };
  },
};

/** Deploys by the operator's own script, which reaches the machine by `ssh machine`. Facts: `revision`, where a file says it. */
export const shellDriver = (options: RunDriverOptions): MachineRunDriver => machineRunDriver(options, shellProgram);
