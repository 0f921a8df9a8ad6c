import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type SshHosts, sshHosts, sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { claimName } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { type SshDriver, sshDriver } from './ssh-driver.ts';

const missing = sshHostsMissing();

describe('the ssh driver keeps the laws of resources', { skip: missing }, () => {
  let hosts: SshHosts | undefined;
  let worlds = 0;
  const bed = async (): Promise<SshHosts> => {
    hosts ??= await sshHosts();
    return hosts;
  };
  const theHost = once(async () => (await bed()).add());
  after(() => hosts?.close());

  resourceLaws({
    name: 'ssh',
    newWorld: async () => {
      const { key, user, folder } = await bed();
      const host = await theHost();
      worlds += 1;
      const dataDir = join(folder, `data-${worlds}`);
      const root = join(dataDir, 'ssh');
      const opened: SshDriver[] = [];
      const open = async (): Promise<SshDriver> => {
        await opened.at(-1)?.close();
        const options = {
          dataDir,
          shared: { changed: () => undefined },
          clock: systemClock,
          log: silentLog(),
          silent: new Map(),
        };
        opened.push(sshDriver({ ...options, keys: { preview: key, broken: new Secret('no key at all') } }));
        return opened[opened.length - 1] as SshDriver;
      };
      const spec = {
        ...{ machine: 'preview', claim: 'shop-7_machine.3f9a2c1d_1', host: host.address, port: host.port, user },
        hostKeys: [host.hostKey],
      };
      const driver = await open();
      return {
        driver,
        reopen: open,
        spec,
        otherSpec: { ...spec, claim: 'shop-7_machine.3f9a2c1d_2' },
        strangers: {
          plant: async () => {
            await mkdir(join(root, 'somebody'), { recursive: true });
            await writeFile(join(root, 'somebody', 'note'), 'mine');
          },
          untouched: async () => (await readdir(join(root, 'somebody'))).length === 1,
        },
        deleteBehindBack: (claim) => rm(join(root, claimName(claim)), { recursive: true }),
        halfMake: async (claim) => void (await mkdir(join(root, claimName(claim)), { recursive: true })),
        count: async (claim) =>
          (await readdir(root).catch(() => [])).filter((name) => name === claimName(claim)).length,
        troubles: [
          {
            what: 'a key that is none',
            remedy: 'fix-setup',
            provoke: () => driver.create(aClaim(), { ...spec, machine: 'broken' }, aCall()),
          },
          {
            what: 'an entry that is not there',
            remedy: 'fix-setup',
            provoke: () => driver.create(aClaim(), { ...spec, machine: 'constructor' }, aCall()),
          },
          {
            what: 'an address that is an option',
            remedy: 'fix-setup',
            provoke: () => driver.create(aClaim(), { ...spec, host: '-oProxyCommand=x' }, aCall()),
          },
        ],
        secrets: [key.reveal().split('\n')[1] ?? ''],
        settle: settleInRealTime(15_000),
        timeToSettleMs: 15_000,
        close: async () => {
          for (const one of opened) await one.close();
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    },
  });
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
