import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type SshHost, type SshHosts, sshHosts, sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import type { Claim } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { remoteRoot, remoteRun } from '../../kit/ssh/remote-run.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import { loginFiles } from '../../kit/ssh/ssh-login.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { refusedForMs } from './login-wait.ts';
import { type SshDriver, sshDriver } from './ssh-driver.ts';

const settle = settleInRealTime(20_000);
const machineRole = 'machine.3f9a2c1d';
const machineClaim = `shop-7_${machineRole}_1`;

describe('a way into a machine', { skip: sshHostsMissing() }, () => {
  let hosts: SshHosts;
  let dataDir: string;
  let driver: SshDriver;
  let aheadMs = 0;
  let claims = 0;
  const told: string[] = [];
  const silent: SilentMachines = new Map();
  const open = (): SshDriver =>
    sshDriver({
      dataDir,
      keys: { preview: hosts.key },
      silent,
      shared: { changed: ({ role }) => void told.push(role) },
      log: silentLog(),
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs },
    });
  before(async () => {
    hosts = await sshHosts();
    dataDir = await mkdtemp(join(tmpdir(), 'wizard-ssh-'));
    driver = open();
  });
  after(async () => {
    await driver.close();
    await hosts.close();
    await rm(dataDir, { recursive: true });
  });

  const specOf = (host: SshHost, over: object = {}) => ({
    ...{ machine: 'preview', claim: machineClaim, host: host.address, port: host.port },
    ...{ user: hosts.user, hostKeys: [] as string[], ...over },
  });
  const nextClaim = (): Claim => {
    claims += 1;
    return aClaim({ role: `ssh.${String(claims).padStart(8, '0')}` });
  };
  const until = async (claim: Claim, spec: ReturnType<typeof specOf>, is: Observation['is']): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await driver.observe(claim, spec, aCall());
      return seen.is === is;
    });
    return seen;
  };
  const readyAt = async (host: SshHost, over: object = {}) => {
    const [claim, spec] = [nextClaim(), specOf(host, over)];
    await driver.create(claim, spec, aCall());
    const seen = await until(claim, spec, 'ready');
    assert.ok(seen.is === 'ready');
    return { claim, spec, facts: seen.facts };
  };

  test('a machine that boots is waited for, and told of as soon as it lets us in', async () => {
    const host = await hosts.add();
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host)];
    await driver.create(claim, spec, aCall());
    const seen = await driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'arriving');
    assert.match(seen.note, /is booting: it does not answer on port/);
    await host.start();
    await settle(async () => told.includes(claim.role));
    assert.equal((await driver.observe(claim, spec, aCall())).is, 'ready');
  });

  test('what follows soon takes the connection that is there, which ends with the login and with a change of it', async () => {
    const host = await hosts.add();
    const { claim, spec, facts } = await readyAt(host);
    const login = { config: String(facts['config']), host: host.address };
    const connection = async (options: readonly string[] = []): Promise<string> =>
      (
        await remoteRun(login, ['sh', '-c', 'echo $SSH_CONNECTION'], {
          doing: 'asking which connection it is',
          timeLimitMs: 10_000,
          options,
        })
      ).stdout;
    const first = await connection();
    assert.equal(await connection(), first);
    assert.notEqual(await connection(['ControlPath=none']), first);
    const moved = { ...spec, claim: `shop-7_${machineRole}_2` };
    await driver.update(claim, moved, aCall());
    await until(claim, moved, 'ready');
    const second = await connection();
    assert.notEqual(second, first);
    await driver.destroy(claim, aCall());
    const { held } = loginFiles(dirname(login.config));
    await settle(async () => (await programsNaming(held)).length === 0);
    assert.equal(existsSync(held), false);
  });

  test('what is asked for twice at once is answered well both times', async () => {
    const host = await hosts.add();
    for (let round = 0; round < 20; round += 1) {
      const [claim, spec] = [nextClaim(), specOf(host)];
      await Promise.all([driver.create(claim, spec, aCall()), driver.create(claim, spec, aCall())]);
      await driver.destroy(claim, aCall());
    }
  });

  test('a machine that never answers is a matter of the setup after its time, and is still waited for', async () => {
    const host = await hosts.add();
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host, { bootLimitMs: 60_000 })];
    await driver.create(claim, spec, aCall());
    assert.equal((await driver.observe(claim, spec, aCall())).is, 'arriving');
    assert.equal(silent.size, 0);
    aheadMs += 60_000;
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'ssh/never-answered');
    assert.match(seen.note, /has not answered on port \d+ within 60 s/);
    assert.match(seen.hint ?? '', /boot-limit of machines\.preview/);
    assert.doesNotMatch(seen.hint ?? '', /image|console|push|redeploy/, 'it may be a host of a pool');
    assert.equal(silent.get(machineClaim)?.code, 'ssh/never-answered', 'whoever made it is told');
    assert.ok(told.splice(0).includes(machineRole));
    await host.start();
    await until(claim, spec, 'ready');
    assert.equal(silent.size, 0);
    assert.ok(told.includes(machineRole));
  });

  test('a machine that never answers is left for the one that is made in its place', async () => {
    const [host, next] = [await hosts.add(), await hosts.add()];
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host, { bootLimitMs: 60_000 })];
    await driver.create(claim, spec, aCall());
    aheadMs += 60_000;
    await until(claim, spec, 'broken');
    const other = specOf(next, { claim: `shop-7_${machineRole}_2`, bootLimitMs: 60_000 });
    const seen = await driver.observe(claim, other, aCall());
    assert.ok(seen.is === 'broken' && seen.drift?.some(({ field }) => field === 'claim'));
    await driver.update(claim, other, aCall());
    await until(claim, other, 'ready');
    assert.equal(silent.size, 0);
  });

  test('a machine that had let us in and falls silent at another address is not told of as never having answered', async () => {
    const [host, gone] = [await hosts.add(), await hosts.add()];
    const { claim, spec } = await readyAt(host);
    await gone.stop();
    const moved = { ...specOf(gone, { bootLimitMs: 60_000 }) };
    await driver.update(claim, moved, aCall());
    aheadMs += 60_000;
    await until(claim, moved, 'broken');
    assert.equal(silent.size, 0);
    await driver.update(claim, spec, aCall());
    await until(claim, spec, 'ready');
  });

  test('the host keys of a machine are waited for a moment, and one that is told then is believed and no other', async () => {
    const [host, other] = [await hosts.add(), await hosts.add()];
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeyWaitMs: 60_000 })];
    told.length = 0;
    await driver.create(claim, spec, aCall());
    await settle(async () => told.includes(machineRole));
    const waits = await driver.observe(claim, spec, aCall());
    assert.ok(waits.is === 'arriving' && waits.note.includes('host keys are looked for'), JSON.stringify(waits));
    const known = { ...spec, hostKeys: [host.hostKey] };
    const seen = await driver.observe(claim, known, aCall());
    assert.ok(seen.is === 'arriving' && seen.drift?.some(({ field }) => field === 'hostKeys'));
    const lied = { ...spec, hostKeys: [other.hostKey] };
    await driver.update(claim, lied, aCall());
    const refused = await until(claim, lied, 'broken');
    assert.ok(refused.is === 'broken' && refused.code === 'ssh/host-key-changed');
    await driver.update(claim, known, aCall());
    await until(claim, known, 'ready');
  });

  test('where no key is told in that time, the one that is shown is believed', async () => {
    const host = await hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeyWaitMs: 60_000 })];
    await driver.create(claim, spec, aCall());
    await settle(async () => {
      const seen = await driver.observe(claim, spec, aCall());
      return seen.is === 'arriving' && seen.note.includes('host keys are looked for');
    });
    aheadMs += 60_000;
    await until(claim, spec, 'ready');
  });

  test('the facts lead programs to the machine, with a key that only we can read', async () => {
    const { facts } = await readyAt(await hosts.add());
    const { config, key, host } = facts;
    assert.ok(typeof config === 'string' && typeof host === 'string' && typeof key === 'string');
    const { mode } = await stat(key);
    assert.equal(mode & 0o777, 0o600);
    const strange = ['a b', "it's", '$(id)', '-n', '', '*', 'é\n'];
    const argv = ['printf', '<%s>', ...strange];
    const { stdout } = await remoteRun({ config, host }, argv, { doing: 'trying', timeLimitMs: 10_000 });
    assert.equal(stdout, strange.map((word) => `<${word}>`).join(''));
  });

  test('a status of 255 is told apart from a connection that failed', async () => {
    const { facts } = await readyAt(await hosts.add());
    const login = { config: String(facts['config']), host: String(facts['host']) };
    const about = { doing: 'trying', timeLimitMs: 10_000 };
    const ended = remoteRun(login, ['sh', '-c', 'echo its last line >&2; exit 255'], about);
    await assert.rejects(ended, { code: 'ssh/command-failed', message: /ended with status 254/ });
    const { stdout } = await remoteRoot(login, 'cat; id -u', about);
    assert.equal(stdout, '0\n', 'a program of ours gets no input');
  });

  test('a refused key is waited for at first, and then a matter of the setup', async () => {
    const host = await hosts.add();
    await host.allow(false);
    const [claim, spec] = [nextClaim(), specOf(host)];
    await driver.create(claim, spec, aCall());
    await settle(async () => {
      const seen = await driver.observe(claim, spec, aCall());
      return seen.is === 'arriving' && seen.note.includes('does not let');
    });
    aheadMs += refusedForMs;
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    assert.match(seen.note, /refuses the key for the user/);
    await host.allow(true);
    await until(claim, spec, 'ready');
  });

  test('the key that a machine showed first is the only one that is believed, also after a restart of ours', async () => {
    const host = await hosts.add();
    const { claim, spec, facts } = await readyAt(host);
    assert.ok((await readFile(String(facts['knownHosts']), 'utf8')).includes(host.hostKey));
    await host.stop();
    await host.changeHostKey();
    await host.start();
    await driver.close();
    driver = open();
    const seen = await driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    assert.match(seen.note, /another host key/);
  });

  test('of a machine whose host key is known beforehand no other is believed', async () => {
    const host = await hosts.add();
    const other = await hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeys: [other.hostKey] })];
    await driver.create(claim, spec, aCall());
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
  });

  test('a machine that falls silent is not given up at once; after ten minutes people are told', async () => {
    const host = await hosts.add();
    const { claim, spec } = await readyAt(host);
    await host.stop();
    assert.equal((await driver.observe(claim, spec, aCall())).is, 'ready', 'it worked a moment ago');
    aheadMs += 3000;
    await assert.rejects(driver.observe(claim, spec, aCall()), { code: 'ssh/unreachable', remedy: 'try-again' });
    aheadMs += 10 * 60_000;
    const seen = await driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    await host.start();
    assert.equal((await driver.observe(claim, spec, aCall())).is, 'ready');
  });

  test('a machine that moved to another address is followed in place, and must show the key of before', async () => {
    const [host, impostor] = [await hosts.add(), await hosts.add()];
    const { claim, spec } = await readyAt(host);
    const moved = specOf(impostor);
    const seen = await driver.observe(claim, moved, aCall());
    assert.ok(seen.is === 'ready' && seen.drift.some(({ field }) => field === 'port'));
    await driver.update(claim, moved, aCall());
    const refused = await until(claim, moved, 'broken');
    assert.ok(refused.is === 'broken' && refused.note.includes('another host key'));
    await driver.update(claim, spec, aCall());
    await until(claim, spec, 'ready');
  });

  test('keys that are told after the first login change nothing when the pinned one is among them', async () => {
    const [host, other] = [await hosts.add(), await hosts.add()];
    const { claim, spec } = await readyAt(host);
    const lookWith = async (hostKeys: string[]) => driver.observe(claim, { ...spec, hostKeys }, aCall());
    assert.equal((spec['hostKeys'] as string[]).length, 0);
    const told = await lookWith([other.hostKey, `${host.hostKey} root@preview`]);
    assert.ok(told.is === 'ready' && told.drift.length === 0);
    const lied = await lookWith([other.hostKey]);
    assert.ok(lied.is === 'ready' && lied.drift.some(({ field }) => field === 'hostKeys'));
  });

  test('a key of the operator that was corrected is used from the next look on', async () => {
    const host = await hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host)];
    const other = await sshHosts();
    const wrong = sshDriver({
      ...{ dataDir, shared: { changed: () => undefined }, clock: systemClock, log: silentLog(), silent },
      keys: { preview: new Secret(`${other.key.reveal().trimEnd()}\r\n`) },
    });
    await wrong.create(claim, spec, aCall());
    await wrong.close();
    await other.close();
    await until(claim, spec, 'ready');
  });
});

/** Command lines, as the kernel shows them, that have this path in them. */
async function programsNaming(path: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // One may end while we look.
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(path));
}
