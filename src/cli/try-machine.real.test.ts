import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall } from '../../testing/builders.ts';
import { type LoopbackSshd, loopbackSshd, noSshd } from '../../testing/loopback-sshd.ts';
import type { MachineTried } from '../config/check.ts';
import { parseConfig } from '../config/load-config.ts';
import { codeOf } from '../domain/wizard-error.ts';
import { tryMachine } from './try-machine.ts';

/** It is to become root there, which is here. */
const skip = noSshd || (process.getuid?.() !== 0 && 'we are not root');

interface World {
  readonly sshd: LoopbackSshd;
  /** Tries a pool with this one host, in YAML. */
  tried(over?: { readonly host?: string; readonly key?: string; readonly hostKey?: string }): Promise<MachineTried>;
}

async function withSshd(work: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'try-machine-test-'));
  const sshd = await loopbackSshd(folder);
  const mine = (await checkFolders()).length;
  try {
    await work({
      sshd,
      tried({ host = `127.0.0.1:${sshd.port}`, key = sshd.key.reveal(), hostKey } = {}) {
        const keys = hostKey === undefined ? '' : `, host-keys: { '${host}': '${hostKey}' }`;
        const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
machines: { rack: { kind: ssh, hosts: ['${host}'], user: '${sshd.user}', ssh-key: '\${env:KEY}'${keys} } }
repositories: [{ name: acme/shop, recipe: { processes: { web: a } } }]
`;
        return tryMachine(parseConfig(text, join(folder, 'wizard.yml'), { KEY: key }), 'rack', aCall());
      },
    });
    assert.equal((await checkFolders()).length, mine, 'no key is left behind');
  } finally {
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const checkFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('wizard-check-'));
const codes = ({ wrong }: MachineTried): string[] => wrong.map(codeOf);

test('a host that lets us in is said to, whether its host key is known or not', { skip }, () =>
  withSshd(async ({ sshd, tried }) => {
    const right = ['ssh-key opens', `127.0.0.1:${sshd.port} lets ${sshd.user} in`];
    assert.deepEqual(await tried(), { right, wrong: [] });
    assert.deepEqual(await tried({ hostKey: sshd.hostKeys[0] ?? '' }), { right, wrong: [] });
  }),
);

test('a key that does not open is said once, and no host is asked with it', { skip }, () =>
  withSshd(async ({ tried }) => {
    const found = await tried({ key: 'not a key' });
    assert.deepEqual([found.right, codes(found)], [[], ['ssh/bad-key']]);
  }),
);

test('a host that refuses the key, shows another host key or does not answer is told apart', { skip }, () =>
  withSshd(async ({ sshd, tried }) => {
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGw5c3RhbmRzIGluIGZvciBhbm90aGVyIGtleSBoZXJl';
    assert.deepEqual(codes(await tried({ hostKey: other })), ['ssh/host-key-changed']);
    await writeFile(sshd.authorizedKeys, '');
    assert.deepEqual(codes(await tried()), ['ssh/refused']);
    await sshd.stop();
    assert.deepEqual(codes(await tried()), ['ssh/unreachable']);
  }),
);
