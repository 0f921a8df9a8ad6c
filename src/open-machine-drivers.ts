import type { Config } from './config/config.ts';
import { poolHosts } from './config/pool-hosts.ts';
import { WizardError } from './domain/wizard-error.ts';
import { rfc2136Records } from './drivers/dns/rfc2136/rfc2136-records.ts';
import { route53Records } from './drivers/dns/route53/route53-records.ts';
import { ec2Machines } from './drivers/ec2/ec2-machines.ts';
import { httpCheck } from './drivers/http-check/http-check.ts';
import { ansibleDriver } from './drivers/machine-runs/ansible.ts';
import { capistranoDriver } from './drivers/machine-runs/capistrano.ts';
import { shellDriver } from './drivers/machine-runs/shell.ts';
import { machineServices } from './drivers/machine-services/machine-services.ts';
import { sshDriver } from './drivers/ssh/ssh-driver.ts';
import { hostText } from './drivers/ssh-pool/pool-room.ts';
import { type SshPool, sshPoolDriver } from './drivers/ssh-pool/ssh-pool.ts';
import { presignObject } from './kit/dumps/presign-object.ts';
import type { Secret } from './kit/secret.ts';
import type { SilentMachines } from './kit/ssh/silent-machines.ts';
import type { RunDriverOptions } from './kit/supervised-run/run-driver-options.ts';
import type { ResourceDriver } from './ports/resource-driver.ts';

export interface MachineDrivers {
  readonly drivers: readonly ResourceDriver[];
  /** Stops looking; what runs goes on and is taken up at the next start. */
  close(): Promise<void>;
}

/** The part of the registry that environments with a machine of their own need. Without entries in `wizard.yml` it makes nothing. */
export function openMachineDrivers(config: Config, runs: RunDriverOptions): MachineDrivers {
  const { instance, machines } = config;
  const { clock, log } = runs;
  const kinds = Object.entries(machines);
  const keys = Object.fromEntries(kinds.map(([name, { sshKey }]) => [name, sshKey]));
  const accounts = Object.fromEntries(kinds.flatMap(([name, one]) => (one.kind === 'ec2' ? [[name, one]] : [])));
  const pool = sshPoolDriver({ ...runs, pools: poolsOf(machines) });
  const silent: SilentMachines = new Map();
  const ssh = sshDriver({ ...runs, keys, silent });
  const services = machineServices({ ...runs, presign: (source, forMs) => presigned(config, source, forMs) });
  const ansible = ansibleDriver(runs);
  const capistrano = capistranoDriver(runs);
  const shell = shellDriver(runs);
  const health = httpCheck(runs);
  return {
    drivers: [
      ec2Machines({ accounts, instance, silent, clock, log }),
      pool,
      ssh,
      services,
      ansible,
      capistrano,
      shell,
      health,
      ...dnsDrivers(config, runs),
    ],
    async close() {
      for (const driver of [ansible, capistrano, shell]) driver.close();
      await Promise.all([pool.close(), ssh.close(), services.close(), health.close()]);
    },
  };
}

async function presigned({ dataSources }: Config, source: string, forMs: number): Promise<Secret> {
  const object = Object.hasOwn(dataSources, source) ? dataSources[source]?.s3 : undefined;
  if (object) return presignObject(source, object, forMs);
  throw new WizardError(`signing a URL for the dump of ${source}: wizard.yml has no such data source in S3`, {
    code: 'data/unknown-source',
    remedy: 'fix-setup',
    hint: 'Name another in the recipe, or add it.',
  });
}

const poolsOf = (machines: Config['machines']): Record<string, SshPool> =>
  Object.fromEntries(
    Object.entries(machines).flatMap(([name, one]): [string, SshPool][] => {
      if (one.kind !== 'ssh') return [];
      const { hostKeys, user, sshKey: key, clean: [program, ...rest] = [] } = one;
      const clean: Pick<SshPool, 'clean'> = program === undefined ? {} : { clean: [program, ...rest] };
      const hosts = poolHosts(one);
      // In wizard.yml a key stands under its host as that is written there.
      const known = hosts.flatMap((host): [string, string][] => {
        const hostKey = Object.hasOwn(hostKeys, host.asWritten) ? hostKeys[host.asWritten] : undefined;
        return hostKey === undefined ? [] : [[hostText(host), hostKey]];
      });
      return [[name, { hosts, hostKeys: Object.fromEntries(known), user, key, ...clean }]];
    }),
  );

function dnsDrivers({ dns, instance }: Config, { clock, log }: RunDriverOptions): ResourceDriver[] {
  if (!dns) return [];
  const base = { instance, clock, log };
  return [dns.kind === 'route53' ? route53Records({ ...dns, ...base }) : rfc2136Records({ ...dns, ...base })];
}
