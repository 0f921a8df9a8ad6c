import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleEnv, withFolder } from '../testing/config-folder.ts';
import { dockerLines } from '../testing/machine-bed/docker.ts';
import { ensureDocker } from '../testing/machine-bed/ensure-docker.ts';
import { noBed } from '../testing/machine-bed/no-bed.ts';
import { silentLog } from '../testing/silent-log.ts';
import { loadConfig } from './config/load-config.ts';
import { ensureNetwork, networkName } from './kit/containers/private-network.ts';
import { openDrivers } from './open-drivers.ts';

const instance = `network${process.pid}`;
const text = `instance: ${instance}
api-token: a-long-enough-token
code-hosts:
  here: { kind: repository-folder, path: ., webhook-secret: long-enough-a-secret }
repositories:
  - { name: acme/shop, recipe-from: head }
`;

test('a server that stops takes away the network on which nothing of it runs', { skip: noBed }, () =>
  withFolder({ 'wizard.yml': text }, async (folder) => {
    await ensureDocker();
    const config = await loadConfig(`${folder}/wizard.yml`, exampleEnv);
    const open = await openDrivers(config, () => undefined, { changed: () => undefined }, silentLog());
    await ensureNetwork(instance);
    const networks = ['network', 'ls', '--quiet', '--filter', `name=${networkName(instance)}`];
    assert.equal((await dockerLines(networks)).length, 1);
    await open.close();
    assert.deepEqual(await dockerLines(networks), []);
  }),
);
