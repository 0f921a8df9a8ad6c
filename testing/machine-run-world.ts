import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Claim, claimName } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import type { MachineRunDriver } from '../src/drivers/machine-runs/machine-run-driver.ts';
import { loginFiles, writeLogin } from '../src/kit/ssh/ssh-login.ts';
import type { RunDriverOptions } from '../src/kit/supervised-run/run-driver-options.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall } from './builders.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { type LoopbackSshd, loopbackSshd } from './loopback-sshd.ts';
import { runWorld } from './run-world.ts';

/** A place for programs that work on a machine: what `runWorld` has, and a real machine behind SSH. */
export async function machineRunWorld() {
  const world = await runWorld();
  const sshd: LoopbackSshd = await loopbackSshd(join(world.root, 'sshd'));
  /** On the machine. */
  const there = join(world.root, 'there');
  await mkdir(there);
  const { host, port, user } = sshd;
  const login = loginFiles(join(world.root, 'login'));
  const { key, hostKeys } = sshd;
  await writeLogin(dirname(login.config), { host, port, user, key, hostKeys, entry: 'machines.test' });
  const target: JsonObject = { host, port, user, ssh: login.config, key: login.key, knownHosts: login.knownHosts };
  return {
    ...world,
    sshd,
    login,
    there,
    target,
    revisionFileOf: (claim: Claim): string => join(there, claimName(claim)),
    async close(): Promise<void> {
      await world.killAll();
      await sshd.stop();
      await world.close();
    },
  };
}

/** The same with a driver of one kind, and short ways to ask it. */
export async function openedMachineRuns(t: TestContext, openDriver: (options: RunDriverOptions) => MachineRunDriver) {
  const world = await machineRunWorld();
  let driver = openDriver(world.options);
  t.after(async () => {
    driver.close();
    await world.close();
  });
  const until = async (of: Claim, spec: JsonObject, states: readonly Observation['is'][]): Promise<Observation> => {
    let last: Observation = { is: 'absent' };
    // Capistrano alone takes ten seconds where others are at work.
    await settleInRealTime(90_000)(async () => {
      last = await driver.observe(of, spec, aCall());
      return states.includes(last.is) && !('drift' in last && last.drift?.length);
    });
    return last;
  };
  return {
    world,
    driver: () => driver,
    /** As after a restart of the server. */
    reopen(): void {
      driver.close();
      driver = openDriver(world.options);
    },
    until,
    async run(of: Claim, spec: JsonObject): Promise<Observation> {
      await driver.create(of, spec, aCall());
      return until(of, spec, ['ready', 'broken']);
    },
    async update(of: Claim, spec: JsonObject): Promise<Observation> {
      await driver.update(of, spec, aCall());
      return until(of, spec, ['ready', 'broken']);
    },
    logOf: async (of: Claim): Promise<string> => (await driver.readLog(of, 0, aCall())).text,
  };
}

/** Lets a server of its own, another process, begin a run, and kills it with -9 as soon as `begun` says so. */
export async function killedServer(
  world: Awaited<ReturnType<typeof machineRunWorld>>,
  about: { module: string; driver: string; claim: Claim; spec: JsonObject; begun: () => Promise<boolean> },
): Promise<void> {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const given = JSON.stringify({ dataDir: world.dataDir, instance: world.options.instance });
  const program = `
    import { ${about.driver} } from ${at(`../src/drivers/machine-runs/${about.module}.ts`)};
    import { systemClock } from ${at('../src/kit/clock.ts')};
    import { Secret } from ${at('../src/kit/secret.ts')};
    import { aCall } from ${at('./builders.ts')};
    import { silentLog } from ${at('./silent-log.ts')};
    const secrets = { token: new Secret('correct-horse-battery') };
    const shared = { changed: () => undefined };
    const driver = ${about.driver}({ ...${given}, secrets, shared, clock: systemClock, log: silentLog() });
    await driver.create(${JSON.stringify(about.claim)}, ${JSON.stringify(about.spec)}, aCall());
    setInterval(() => undefined, 1000);
  `;
  const server = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const ended = once(server, 'exit');
  try {
    await world.settle(about.begun);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}
