import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { ansibleEnvironment } from './ansible-environment.ts';
import { whyNothingRan, whyPlaybookFailed } from './ansible-failure.ts';
import { inventoryFor } from './ansible-inventory.ts';
import { homeFiles } from './machine-home.ts';
import type { MachineProgram } from './machine-program.ts';
import { type MachineRunDriver, machineRunDriver } from './machine-run-driver.ts';
import { machineRunFields, readSpec } from './machine-target.ts';

const program = 'ansible-playbook';

const ansibleSpec = z.object({
  ...machineRunFields,
  /** In the checkout. */
  playbook: z.string().regex(/^[^-\0][^\0]*$/),
  /** Of the inventory: the one that the machine is in. */
  group: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/),
  /** Given with `-e`, so they win over those of the playbooks. */
  variables: z.record(z.string(), z.json()),
});

const ansibleProgram: MachineProgram = {
  kind: 'ansible',
  read(input) {
    const { directory: checkout, playbook, group, variables, ...spec } = readSpec(ansibleSpec, input, 'ansible');
    return {
      ...spec,
      checkout,
      program,
      argv(directory) {
        const files = homeFiles(directory);
        return [program, '-i', files.inventory, '-e', `@${files.variables}`, '--', playbook];
      },
      ownEnv: ansibleEnvironment,
      async prepare(directory) {
        const files = homeFiles(directory);
        const inventory = inventoryFor({ target: spec.target, group, sshConfig: files.sshConfig });
        await writeFile(files.inventory, JSON.stringify(inventory, undefined, 2), { mode: 0o600 });
        await writeFile(files.variables, JSON.stringify(variables), { mode: 0o600 });
      },
    };
  },
  whyFailed: whyPlaybookFailed,
  whyNotDone: (spec, lines) => whyNothingRan(readSpec(ansibleSpec, spec, 'ansible'), lines),
};

/** Brings a machine up to date with `ansible-playbook`. Facts: none. */
export const ansibleDriver = (options: RunDriverOptions): MachineRunDriver => machineRunDriver(options, ansibleProgram);
