import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { type SshHost, type SshHosts, sshHosts, sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import type { Claim } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { remoteRoot, remoteRun } from '../../kit/ssh/remote-run.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { refusedForMs } from './login-wait.ts';
import { type SshDriver, sshDriver } from './ssh-driver.ts';

const settle = settleInRealTime(20_000);

describe('a way into a machine', { skip: sshHostsMissing() }, () => {
  let hosts: SshHosts;
  let dataDir: string;
  let driver: SshDriver;
  let aheadMs = 0;
  let claims = 0;
  const told: string[] = [];
  const open = (): SshDriver =>
    sshDriver({
      dataDir,
      keys: { preview: hosts.key },
      shared: { changed: ({ role }) => void told.push(role) },
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
    ...{ machine: 'preview', claim: 'shop-7_machine.3f9a2c1d_1', host: host.address, port: host.port },
    ...{ user: hosts.user, hostKeys: [], ...over },
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

  test('a machine that never answers is a matter of the setup after its time, and is still waited for', async () => {
    const host = await hosts.add();
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host, { bootLimitMs: 60_000 })];
    await driver.create(claim, spec, aCall());
    assert.equal((await driver.observe(claim, spec, aCall())).is, 'arriving');
    aheadMs += 60_000;
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'ssh/never-answered');
    assert.match(seen.note, /has not answered on port \d+ within 60 s/);
    assert.match(seen.hint ?? '', /machines\.preview/);
    await host.start();
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
      ...{ dataDir, shared: { changed: () => undefined }, clock: systemClock },
      keys: { preview: new Secret(`${other.key.reveal().trimEnd()}\r\n`) },
    });
    await wrong.create(claim, spec, aCall());
    await wrong.close();
    await other.close();
    await until(claim, spec, 'ready');
  });
});
