import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { plainEnvironment } from '../../kit/run-command.ts';
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
  whatHelps:
    'Mend the playbook, or its variables in the recipe; the log has what each task said. "wizard redeploy" takes its newest commit.',
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
        await lendInstalled(files.home);
        await writeFile(files.variables, JSON.stringify(variables), { mode: 0o600 });
      },
    };
  },
  whyFailed: whyPlaybookFailed,
  whyNotDone: (spec, lines) => whyNothingRan(readSpec(ansibleSpec, spec, 'ansible'), lines),
};

/** What the server's user installed with `ansible-galaxy` is found in the run's own home too. */
async function lendInstalled(home: string): Promise<void> {
  const own = join(home, '.ansible');
  const { HOME } = plainEnvironment();
  await mkdir(own, { recursive: true, mode: 0o700 });
  for (const name of ['collections', 'roles']) await symlink(join(HOME ?? '/', '.ansible', name), join(own, name));
}

/** Brings a machine up to date with `ansible-playbook`. Facts: none. */
export const ansibleDriver = (options: RunDriverOptions): MachineRunDriver => machineRunDriver(options, ansibleProgram);
