import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { remoteRoot, remoteRun } from '../../kit/ssh/remote-run.ts';
import { loginFiles } from '../../kit/ssh/ssh-login.ts';
import { machineRole, settle, sshDriverWorld } from './ssh-driver-test-world.ts';

const skip = sshHostsMissing();

describe('connections by a login', { skip }, () => {
  if (skip) return;
  const world = sshDriverWorld();
  const { specOf, nextClaim, until, readyAt } = world;

  test('what follows soon takes the connection that is there, which ends with the login and with a change of it', async () => {
    const host = await world.hosts.add();
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
    await world.driver.update(claim, moved, aCall());
    await until(claim, moved, 'ready');
    const second = await connection();
    assert.notEqual(second, first);
    await world.driver.destroy(claim, aCall());
    const { held } = loginFiles(dirname(login.config));
    await settle(async () => (await programsNaming(held)).length === 0);
    assert.equal(existsSync(held), false);
  });

  test('what is asked for twice at once is answered well both times', async () => {
    const host = await world.hosts.add();
    for (let round = 0; round < 20; round += 1) {
      const [claim, spec] = [nextClaim(), specOf(host)];
      await Promise.all([world.driver.create(claim, spec, aCall()), world.driver.create(claim, spec, aCall())]);
      await world.driver.destroy(claim, aCall());
    }
  });

  test('the facts lead programs to the machine, with a key that only we can read', async () => {
    const { facts } = await readyAt(await world.hosts.add());
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
    const { facts } = await readyAt(await world.hosts.add());
    const login = { config: String(facts['config']), host: String(facts['host']) };
    const about = { doing: 'trying', timeLimitMs: 10_000 };
    const ended = remoteRun(login, ['sh', '-c', 'echo its last line >&2; exit 255'], about);
    await assert.rejects(ended, { code: 'ssh/command-failed', message: /ended with status 254/ });
    const { stdout } = await remoteRoot(login, 'cat; id -u', about);
    assert.equal(stdout, '0\n', 'a program of ours gets no input');
  });
});

/** Command lines, as the kernel shows them, that have this path in them. */
async function programsNaming(path: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // One may end while we look.
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(path));
}
