import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MachineTried } from '../config/check.ts';
import type { Config } from '../config/config.ts';
import { machineChoices } from '../config/machine-context.ts';
import { poolHosts } from '../config/pool-hosts.ts';
import { checkEc2 } from '../drivers/ec2/check-ec2.ts';
import { systemClock } from '../kit/clock.ts';
import { signIn } from '../kit/ssh/first-login.ts';
import { remoteRoot } from '../kit/ssh/remote-run.ts';
import { writeLogin } from '../kit/ssh/ssh-login.ts';
import type { Call } from '../ports/call.ts';

type MachineSettings = Config['machines'][string];
type Pool = Extract<MachineSettings, { kind: 'ssh' }>;

/** Tries one entry of `machines`: its key, and the cloud or the hosts that it names. Makes nothing and leaves nothing. */
export async function tryMachine({ machines, instance }: Config, name: string, call: Call): Promise<MachineTried> {
  const machine = machines[name];
  const choice = machineChoices(machines)[name];
  if (!machine || !choice) return { right: [], wrong: [] };
  const key = await inFolder(call, async (folder) => {
    // Where it leads does not matter: it is never dialled.
    await writeLogin(folder, { ...loginOf(name, machine), host: 'localhost', port: 22, hostKeys: [] });
    return 'ssh-key opens';
  });
  if (machine.kind === 'ssh')
    return key.wrong.length > 0 ? key : together([key, ...(await tryHosts(name, machine, call))]);
  return together([key, await checkEc2(machine, { name, spec: choice.spec, instance }, call)]);
}

const tryHosts = (name: string, pool: Pool, call: Call): Promise<MachineTried[]> =>
  Promise.all(
    poolHosts(pool).map(({ address: host, port, asWritten }) =>
      inFolder(call, async (folder) => {
        const hostKey = Object.hasOwn(pool.hostKeys, asWritten) ? pool.hostKeys[asWritten] : undefined;
        const hostKeys = hostKey === undefined ? [] : [hostKey];
        const login = await writeLogin(folder, { ...loginOf(name, pool), host, port, hostKeys });
        await signIn(login, { signal: call.signal, clock: systemClock });
        const doing = `becoming root on ${asWritten}`;
        await remoteRoot(login, 'true', { doing, timeLimitMs: 10_000, signal: call.signal });
        return `${asWritten} lets ${pool.user} in`;
      }),
    ),
  );

const loginOf = (name: string, { user, sshKey }: MachineSettings) => ({ user, key: sshKey, entry: `machines.${name}` });

/** Keys lie on the disk only for as long as this takes. */
async function inFolder({ signal }: Call, work: (folder: string) => Promise<string>): Promise<MachineTried> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-check-'));
  try {
    return { right: [await work(folder)], wrong: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { right: [], wrong: [error] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const together = (tried: readonly MachineTried[]): MachineTried => ({
  right: tried.flatMap(({ right }) => right),
  wrong: tried.flatMap(({ wrong }) => wrong),
});
