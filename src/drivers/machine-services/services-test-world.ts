import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../testing/silent-log.ts';
import { type SshHost, type SshHosts, sshHosts } from '../../../testing/ssh-hosts.ts';
import { machineScript } from '../../domain/machine-script.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { signIn } from '../../kit/ssh/first-login.ts';
import { writeLogin } from '../../kit/ssh/ssh-login.ts';
import { type MachineServices, machineServices } from './machine-services.ts';

/** A real script of a machine without services, with these lines where services would start. */
export const scriptWith = (lines: string): string => {
  const script = machineScript({ recipe: { services: {} }, dataVersions: {} });
  return script.replace('\nfailed=0\n', `\n${lines}\nfailed=0\n`);
};

/** Prints the settings it was sent, which no real script does. */
export const plainScript = scriptWith(`cat "$folder/$claim.settings"/*`);

/** A host to run scripts on, and drivers over one data directory. */
export async function servicesWorld() {
  const hosts: SshHosts = await sshHosts();
  const host: SshHost = await hosts.add();
  const dataDir = await mkdtemp(join(tmpdir(), 'wizard-services-'));
  const loginAt = (folder: string, address: string) =>
    writeLogin(join(dataDir, folder), {
      ...{ host: address, port: host.port, user: hosts.user, key: hosts.key, hostKeys: [host.hostKey] },
      entry: 'machines.preview',
    });
  const login = await loginAt('login', host.address);
  await signIn(login, {});
  const password = `horse-${randomBytes(8).toString('hex')}`;
  const told: string[] = [];
  const opened: MachineServices[] = [];
  const open = (folder = dataDir): MachineServices => {
    const driver = machineServices({
      dataDir: folder,
      presign: async (source, forMs) => new Secret(`https://${source}.example/?expires=${forMs}`),
      secrets: { db: new Secret(password), staging: new Secret('staple-of-staging') },
      shared: { changed: ({ role }) => void told.push(role) },
      clock: systemClock,
      log: silentLog(),
    });
    opened.push(driver);
    return driver;
  };
  return {
    hosts,
    host,
    dataDir,
    login,
    told,
    password,
    /** A second login to the same machine, under another name of it. */
    anotherWay: () => loginAt('another-login', 'localhost'),
    open,
    spec: (over: object = {}) => ({
      ...{ ssh: login.config, host: login.host, machineClaim: 'shop-7_machine.3f9a2c1d_1', script: plainScript },
      ...{ files: {}, ...over },
    }),
    closeDrivers: async () => {
      for (const driver of opened) await driver.close();
    },
    async close() {
      for (const driver of opened) await driver.close();
      await hosts.close();
      await rm(dataDir, { recursive: true });
    },
  };
}
