import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type SshHost, type SshHosts, sshHosts } from '../../../testing/ssh-hosts.ts';
import type { Claim } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type SshDriver, sshDriver } from './ssh-driver.ts';

export const settle = settleInRealTime(20_000);
export const machineRole = 'machine.3f9a2c1d';
export const machineClaim = `shop-7_${machineRole}_1`;

interface Opened {
  readonly hosts: SshHosts;
  readonly dataDir: string;
  driver: SshDriver;
}

/** For the tests of one suite: a driver and real hosts, there from before the first of them until after the last. */
export function sshDriverWorld() {
  let opened: Opened | undefined;
  let claims = 0;
  const there = (): Opened => opened ?? assert.fail('it is there only while tests run');
  const open = (hosts: SshHosts, dataDir: string): SshDriver =>
    sshDriver({
      ...{ dataDir, silent: world.silent, log: silentLog(), keys: { preview: hosts.key } },
      shared: { changed: ({ role }) => void world.told.push(role) },
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + world.aheadMs },
    });
  before(async () => {
    const [hosts, dataDir] = [await sshHosts(), await mkdtemp(join(tmpdir(), 'wizard-ssh-'))];
    opened = { hosts, dataDir, driver: open(hosts, dataDir) };
  });
  after(async () => {
    const { driver, hosts, dataDir } = there();
    await driver.close();
    await hosts.close();
    await rm(dataDir, { recursive: true });
  });

  const specOf = (host: SshHost, over: object = {}) => ({
    ...{ machine: 'preview', claim: machineClaim, host: host.address, port: host.port },
    ...{ user: there().hosts.user, hostKeys: [] as string[], ...over },
  });
  const nextClaim = (): Claim => {
    claims += 1;
    return aClaim({ role: `ssh.${String(claims).padStart(8, '0')}` });
  };
  const until = async (claim: Claim, spec: ReturnType<typeof specOf>, is: Observation['is']): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await there().driver.observe(claim, spec, aCall());
      return seen.is === is;
    });
    return seen;
  };
  const world = {
    /** How far the driver's clock is ahead. */
    aheadMs: 0,
    told: [] as string[],
    silent: new Map() as SilentMachines,
    get hosts() {
      return there().hosts;
    },
    get driver() {
      return there().driver;
    },
    get dataDir() {
      return there().dataDir;
    },
    ...{ specOf, nextClaim, until },
    async reopen(): Promise<void> {
      const { driver, hosts, dataDir } = there();
      await driver.close();
      there().driver = open(hosts, dataDir);
    },
    async readyAt(host: SshHost, over: object = {}) {
      const [claim, spec] = [nextClaim(), specOf(host, over)];
      await there().driver.create(claim, spec, aCall());
      const seen = await until(claim, spec, 'ready');
      assert.ok(seen.is === 'ready');
      return { claim, spec, facts: seen.facts };
    },
  };
  return world;
}
