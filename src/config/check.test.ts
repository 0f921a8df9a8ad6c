import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { aCall, aRepository } from '../../testing/builders.ts';
import { withFolder } from '../../testing/config-folder.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { type CheckTries, checkConfig } from './check.ts';
import { parseConfig } from './load-config.ts';

const file = `api-token: a
domain: DOMAIN
listen: { api: "127.0.0.1:0", gateway: "127.0.0.1:GATEWAY" }
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
data-sources:
  there: { directory: data-there }
  missing: { directory: data-missing }
announcers: [{ kind: log }]
repositories: [{ name: acme/shop, recipe: { processes: { web: a } } }]
`;

const configIn = (folder: string, change: { readonly gateway?: number; readonly domain?: string } = {}) =>
  parseConfig(
    file.replace('GATEWAY', String(change.gateway ?? 0)).replace('DOMAIN', change.domain ?? 'localhost'),
    `${folder}/wizard.yml`,
    {},
  );

const tries = (over: Partial<CheckTries> = {}): CheckTries => ({
  codeHost: () => ({ repository: async () => aRepository }),
  announcer: async () => 'signed in as wizard',
  addresses: async () => [],
  dataSource: async () => 'there',
  database: async () => 'whole',
  isOwnServer: async () => false,
  machine: async () => ({ right: [], wrong: [] }),
  zone: async () => 'the key may change it',
  call: aCall(),
  ...over,
});

const without = (lines: Awaited<ReturnType<typeof checkConfig>>, ok: boolean): string[] =>
  lines.filter((line) => line.ok === ok).map(({ what }) => what);

test('every part of the configuration is tried, and one that fails does not hide the others', async () => {
  await withFolder({ 'data-there/a': '' }, async (folder) => {
    const lines = await checkConfig(configIn(folder), tries());
    assert.deepEqual(without(lines, false), ['data source missing']);
    assert.deepEqual(without(lines, true), [
      `data directory ${folder}/data`,
      'database',
      'address of the API',
      'address of the gateway',
      'host names under localhost',
      'repository acme/shop on local',
      'announcer log',
      'data source there',
    ]);
    const missing = lines.find(({ what }) => what === 'data source missing');
    assert.match(missing?.message ?? '', /data-missing cannot be read \(ENOENT\)$/);
    assert.match(missing?.hint ?? '', /correct the path/);
  });
});

test('a repository that cannot be read says why and what to do, in the words of its driver', async () => {
  await withFolder({ 'data-there/a': '' }, async (folder) => {
    const repository = async () => {
      throw new WizardError('reading acme/shop: not found', {
        code: 'github/not-found',
        remedy: 'fix-setup',
        hint: 'Grant the app access to it.',
      });
    };
    const lines = await checkConfig(configIn(folder), tries({ codeHost: () => ({ repository }) }));
    assert.deepEqual(
      lines.find(({ what }) => what.startsWith('repository')),
      {
        what: 'repository acme/shop on local',
        ok: false,
        message: 'reading acme/shop: not found',
        hint: 'Grant the app access to it.',
      },
    );
  });
});

test('an address in use is told', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    await withFolder({}, async (folder) => {
      const lines = await checkConfig(configIn(folder, { gateway: address.port }), tries());
      const line = lines.find(({ what }) => what === 'address of the gateway');
      assert.equal(line?.ok, false);
      assert.match(line?.message ?? '', /is in use$/);
      const beside = await checkConfig(
        configIn(folder, { gateway: address.port }),
        tries({ isOwnServer: async (what) => what === 'gateway' }),
      );
      assert.deepEqual(without(beside, false), ['data source there', 'data source missing']);
    });
  } finally {
    server.close();
  }
});

test('a domain that leads nowhere is told', async () => {
  await withFolder({}, async (folder) => {
    const config = configIn(folder, { domain: 'preview.example.com' });
    const nowhere = await checkConfig(config, tries());
    const there = await checkConfig(config, tries({ addresses: async () => ['192.0.2.7'] }));
    const domain = (lines: typeof there) => lines.find(({ what }) => what === 'host names under preview.example.com');
    assert.deepEqual([domain(nowhere)?.ok, domain(nowhere)?.message], [false, 'lead nowhere']);
    assert.deepEqual([domain(there)?.ok, domain(there)?.message], [true, 'lead to 192.0.2.7']);
  });
});

test('a data directory that is a file is told', async () => {
  await withFolder({ data: 'a file' }, async (folder) => {
    const lines = await checkConfig(configIn(folder), tries());
    assert.match(lines[0]?.message ?? '', /cannot be made \(it is a file\)/);
  });
});

test('a data directory that may not be written is told', {
  skip: process.getuid?.() === 0 && 'root may write',
}, async () => {
  await withFolder({ 'data/a': '' }, async (folder) => {
    await chmod(`${folder}/data`, 0o500);
    const lines = await checkConfig(configIn(folder), tries());
    assert.match(lines[0]?.message ?? '', /EACCES/);
    await chmod(`${folder}/data`, 0o700);
  });
});

const withMachines = (folder: string) =>
  parseConfig(
    `${file.replace('DOMAIN', 'preview.example.com').replace('GATEWAY', '0')}
machines:
  preview: { kind: ec2, region: eu-west-1, image: ami-01234567, types: [m5.large], key-name: k, user: admin, ssh-key: a }
  rack: { kind: ssh, hosts: [10.0.0.5], user: root, ssh-key: a }
dns: { kind: route53, zone: preview.example.com, zone-id: Z0123456789ABC }
`,
    `${folder}/wizard.yml`,
    {},
  );

test('each machine says what is right of it, and everything that is wrong', async () => {
  await withFolder({}, async (folder) => {
    const wrong = ['subnet', 'key-name'].map(
      (field) =>
        new WizardError(`checking ${field}`, { code: 'ec2/bad-setting', remedy: 'fix-setup', hint: `Check ${field}.` }),
    );
    const machine = async (name: string) =>
      name === 'rack' ? { right: ['ssh-key opens', '10.0.0.5 lets root in'], wrong: [] } : { right: ['image'], wrong };
    const lines = await checkConfig(withMachines(folder), tries({ machine }));
    assert.deepEqual(
      lines.filter(({ what }) => what.startsWith('machine ')),
      [
        { what: 'machine preview', ok: true, message: 'image' },
        { what: 'machine preview', ok: false, message: 'checking subnet', hint: 'Check subnet.' },
        { what: 'machine preview', ok: false, message: 'checking key-name', hint: 'Check key-name.' },
        { what: 'machine rack', ok: true, message: 'ssh-key opens, 10.0.0.5 lets root in' },
      ],
    );
  });
});

test('a try of a machine that breaks off is a line like others', async () => {
  await withFolder({}, async (folder) => {
    const machine = () => Promise.reject(new Error('no answer in time'));
    const lines = await checkConfig(withMachines(folder), tries({ machine }));
    assert.equal(lines.find(({ what }) => what === 'machine rack')?.message, 'no answer in time');
  });
});

test('with a zone of its own the domain need not lead anywhere yet, and the zone is tried', async () => {
  await withFolder({}, async (folder) => {
    const lines = await checkConfig(withMachines(folder), tries());
    const line = (what: string) => lines.find((one) => one.what === what);
    assert.equal(line('host names under preview.example.com')?.ok, true);
    assert.deepEqual(line('zone preview.example.com'), {
      what: 'zone preview.example.com',
      ok: true,
      message: 'the key may change it',
    });
  });
});
