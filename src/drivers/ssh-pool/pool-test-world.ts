import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../testing/silent-log.ts';
import { type SshHost, type SshHosts, sshHosts } from '../../../testing/ssh-hosts.ts';
import { systemClock } from '../../kit/clock.ts';
import { type SshPool, type SshPoolDriver, type SshPoolOptions, sshPoolDriver } from './ssh-pool.ts';

const taken = '/var/lib/shining-wizard/.taken';

/** A pool of real hosts, named `rack`, and drivers over it. */
export async function poolWorld(count: number) {
  const hosts: SshHosts = await sshHosts();
  const all: SshHost[] = [];
  for (let made = 0; made < count; made += 1) all.push(await hosts.add());
  const folder = await mkdtemp(join(tmpdir(), 'wizard-pool-'));
  const told: string[] = [];
  const opened: SshPoolDriver[] = [];
  const pool: SshPool = {
    hosts: all.map(({ address, port }) => ({ address, port })),
    hostKeys: {},
    user: hosts.user,
    key: hosts.key,
  };
  let aheadMs = 0;
  const closeDrivers = async (): Promise<void> => {
    for (const driver of opened.splice(0)) await driver.close();
  };
  return {
    hosts,
    all,
    folder,
    told,
    advance: (ms: number): void => {
      aheadMs += ms;
    },
    open(over: Partial<Omit<SshPoolOptions, 'pools'>> & { readonly pool?: Partial<SshPool> } = {}): SshPoolDriver {
      const { pool: change, ...options } = over;
      const driver = sshPoolDriver({
        ...{ dataDir: join(folder, 'data'), instance: 'ours', pools: { rack: { ...pool, ...change } } },
        shared: { changed: ({ environment }) => void told.push(environment) },
        clock: { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs },
        log: silentLog(),
        ...options,
      });
      opened.push(driver);
      return driver;
    },
    /** What is written on each host; '' where nothing is. */
    marks: (): Promise<string[]> => Promise.all(all.map((host) => host.inside(`cat ${taken} 2>/dev/null || true`))),
    mark: async (index: number, text: string): Promise<void> => {
      await all[index]?.inside(text === '' ? `rm -f ${taken}` : `printf %s '${text}' >${taken}`);
    },
    closeDrivers,
    async close() {
      await closeDrivers();
      await hosts.close();
      await rm(folder, { recursive: true });
    },
  };
}
