import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { noSshd } from '../../../testing/loopback-sshd.ts';
import { machineRunWorld } from '../../../testing/machine-run-world.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { MachineRunDriver } from './machine-run-driver.ts';
import { shellDriver } from './shell.ts';

const deploy = 'echo deploying; ssh machine "echo $WIZARD_REVISION > $REVISION_FILE"; echo done';

async function newWorld(): Promise<ResourceWorld> {
  const world = await machineRunWorld();
  const opened: MachineRunDriver[] = [];
  const open = (): MachineRunDriver => {
    opened.at(-1)?.close();
    const driver = shellDriver(world.options);
    opened.push(driver);
    return driver;
  };
  const specFor =
    (revision: string) =>
    (claim: Claim): JsonObject => ({
      directory: world.checkout,
      target: world.target,
      revision,
      run: ['sh', '-euc', deploy],
      revisionFile: world.revisionFileOf(claim),
      timeLimitMs: 20_000,
      env: {
        API_TOKEN: { secret: 'token' },
        WIZARD_REVISION: revision,
        REVISION_FILE: world.revisionFileOf(claim),
      },
    });
  const spec = specFor('3f'.repeat(20));
  const driver = open();
  const refused = (over: JsonObject) => driver.create(aClaim(), { ...spec(aClaim()), ...over }, aCall());
  return {
    driver,
    reopen: open,
    role: 'deploy',
    spec,
    otherSpec: specFor('a0'.repeat(20)),
    strangers: {
      plant: async () => {
        // Another kind's run in our own directory.
        const directory = world.directoryOf(aClaim({ role: 'another-kind' }));
        await mkdir(directory, { recursive: true });
        const record = { kind: 'another', spec: {}, bootId: 'x', startedAt: 0 };
        await writeFile(join(directory, 'run.json'), JSON.stringify(record));
      },
      untouched: async () => (await readdir(join(world.dataDir, 'runs'))).length === 1,
    },
    deleteBehindBack: async (claim) => {
      await world.killAll(claim);
      await rm(world.directoryOf(claim), { recursive: true });
    },
    halfMake: async (claim) => {
      await mkdir(world.directoryOf(claim), { recursive: true });
      const record = { kind: 'shell', spec: spec(claim), bootId: 'another', startedAt: 0 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    count: async (claim) =>
      (await readdir(join(world.dataDir, 'runs'))).filter((name) => name === claimName(claim)).length,
    troubles: [
      { what: 'a directory that is not there', remedy: 'try-again', provoke: () => refused({ directory: '/nowhere' }) },
      { what: 'an unknown secret', remedy: 'fix-setup', provoke: () => refused({ env: { A: { secret: 'unknown' } } }) },
      {
        what: 'a program that is not there',
        remedy: 'fix-setup',
        provoke: () => refused({ run: ['no-such-program'] }),
      },
      { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => refused({ run: 'true' }) },
    ],
    secrets: ['correct-horse-battery'],
    many: 3,
    settle: world.settle,
    timeToSettleMs: 20_000,
    promptMs: 6000,
    close: async () => {
      for (const driver of opened) driver.close();
      await world.close();
    },
  };
}

if (noSshd) test('machine runs', { skip: noSshd });
else resourceLaws({ name: 'machine runs', newWorld });
