import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall, aClaim } from '../testing/builders.ts';
import { settleInRealTime } from '../testing/conformance/settle.ts';
import { silentLog } from '../testing/silent-log.ts';
import { type SshHost, type SshHosts, sshHosts, sshHostsMissing } from '../testing/ssh-hosts.ts';
import { parseConfig } from './config/load-config.ts';
import { systemClock } from './kit/clock.ts';
import { openMachineDrivers } from './open-machine-drivers.ts';
import type { Observation } from './ports/resource-driver.ts';

const claim = aClaim({ role: 'machine.3f9a2c1d' });

/** How a pool with this one host is seen to end, when `host-keys` says so of it. */
async function taken(hosts: SshHosts, host: SshHost, hostKey: string): Promise<Observation> {
  const at = `${host.address}:${host.port}`;
  const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
machines: { rack: { kind: ssh, hosts: ['${at}'], host-keys: { '${at}': '${hostKey}' }, user: '${hosts.user}', ssh-key: '\${env:KEY}' } }
repositories: [{ name: acme/shop, recipe: { processes: { web: a } } }]
`;
  const dataDir = join(hosts.folder, 'data');
  const config = parseConfig(text, join(hosts.folder, 'wizard.yml'), { KEY: hosts.key.reveal() });
  const { drivers, close } = openMachineDrivers(config, {
    ...{ dataDir, instance: 'ours', secrets: {}, shared: { changed: () => undefined } },
    ...{ clock: systemClock, log: silentLog() },
  });
  try {
    const pool = drivers.find(({ kind }) => kind === 'ssh-pool');
    assert.ok(pool);
    const spec = { machine: 'rack' };
    let seen: Observation = { is: 'absent' };
    await pool.create(claim, spec, aCall());
    await settleInRealTime(20_000)(async () => {
      seen = await pool.observe(claim, spec, aCall());
      return seen.is === 'ready' || seen.is === 'broken';
    });
    return seen;
  } finally {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

test('a host of a pool is believed by its key in wizard.yml, and by no other', {
  skip: sshHostsMissing(),
}, async () => {
  const hosts = await sshHosts();
  try {
    const [host, other] = [await hosts.add(), await hosts.add()];
    const refused = await taken(hosts, host, other.hostKey);
    assert.ok(refused.is === 'broken' && refused.code === 'ssh/host-key-changed', JSON.stringify(refused));
    assert.equal(
      await host.inside('ls -A /var/lib/shining-wizard 2>/dev/null || true'),
      '',
      'nothing was written there',
    );
    const known = await taken(hosts, host, host.hostKey);
    assert.ok(known.is === 'ready', JSON.stringify(known));
    assert.deepEqual(known.facts['hostKeys'], [host.hostKey]);
  } finally {
    await hosts.close();
  }
});
