import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { machineStateFolder } from '../../domain/machine-script.ts';
import { quoted } from '../../domain/shell-text.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { signIn } from '../../kit/ssh/first-login.ts';
import { remoteRoot, remoteRun } from '../../kit/ssh/remote-run.ts';
import { pinnedKeys, type SshLogin, writeLogin } from '../../kit/ssh/ssh-login.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import { hostText, type PoolHost, type SshPool, type SshPoolOptions } from './pool-room.ts';

/** On the host, over its restarts: `INSTANCE CLAIM`. Services have names that begin with a letter, so none of them lies there. */
const folder = '/var/lib/shining-wizard';
const taken = `${folder}/.taken`;
const limitMs = 20_000;

/** What one host says of itself, or why it says nothing. */
export interface HostState {
  readonly host: PoolHost;
  /** Ours; missing: free, or another server's. */
  readonly claim?: Claim;
  readonly isFree: boolean;
  readonly error?: unknown;
}

export type Reservations = ReturnType<typeof reservations>;

/** The marks on the hosts of one pool: a file that is made by `ln`, so of two who want a host one gets it. */
export function reservations(options: SshPoolOptions, machine: string, root: string) {
  const pool = poolOf(options, machine);
  const folderOf = (host: PoolHost): string =>
    join(root, encodeURIComponent(machine), hostText(host).replaceAll(':', '_'));
  const markOf = (claim: Claim): string => `${options.instance} ${claimName(claim)}`;

  async function loginTo(host: PoolHost, signal: AbortSignal): Promise<SshLogin> {
    const hostKey = Object.hasOwn(pool.hostKeys, hostText(host)) ? pool.hostKeys[hostText(host)] : undefined;
    await mkdir(folderOf(host), { recursive: true, mode: 0o700 });
    const login = await writeLogin(folderOf(host), {
      ...{ host: host.address, port: host.port, user: pool.user, key: pool.key, entry: `machines.${machine}` },
      hostKeys: hostKey === undefined ? [] : [hostKey],
    });
    if ((await pinnedKeys(login.config)).length === 0) await signIn(login, { signal, clock: options.clock });
    return login;
  }
  async function ask(host: PoolHost, text: string, doing: string, signal: AbortSignal): Promise<string> {
    const login = await loginTo(host, signal);
    const about = { doing, timeLimitMs: limitMs, signal, clock: options.clock };
    return (await remoteRoot(login, text, about)).stdout.trim();
  }
  function claimIn(mark: string): Claim | undefined {
    const [instance, name = ''] = mark.split(' ');
    return instance === options.instance ? parseClaim(name) : undefined;
  }
  async function stateOf(host: PoolHost, signal: AbortSignal): Promise<HostState> {
    const mark = await ask(host, `cat ${taken} 2>/dev/null || true`, `looking at ${hostText(host)}`, signal);
    await writeFile(join(folderOf(host), 'listed'), '');
    const claim = claimIn(mark);
    return { host, isFree: mark === '', ...(claim ? { claim } : {}) };
  }
  return {
    pool,
    stateOf,
    /** Of each host; a host that does not answer has an `error`. */
    states: (signal: AbortSignal): Promise<HostState[]> =>
      Promise.all(
        pool.hosts.map((host) =>
          stateOf(host, signal).catch((error: unknown): HostState => ({ host, isFree: false, error })),
        ),
      ),
    /** Whether this data directory ever knew what is on the host: what was reserved since then is in our records. */
    wasListed: (host: PoolHost): Promise<boolean> => isThere(join(folderOf(host), 'listed')),
    /** Whether the host is the claim's now. */
    async take(host: PoolHost, claim: Claim, signal: AbortSignal): Promise<boolean> {
      const mark = markOf(claim);
      const text = `set -e
mkdir -p ${folder}
printf %s ${quoted(mark)} >${folder}/.taking.$$
ln ${folder}/.taking.$$ ${taken} 2>/dev/null || true
rm ${folder}/.taking.$$
sync
cat ${taken}`;
      return (await ask(host, text, `reserving ${hostText(host)}`, signal)) === mark;
    },
    /** Clears away what is ours, runs the operator's command, and takes the mark off. Nothing when the host is not the claim's. */
    async giveBack(host: PoolHost, claim: Claim, signal: AbortSignal): Promise<void> {
      const doing = `clearing ${hostText(host)}`;
      const mine = `[ "$(cat ${taken} 2>/dev/null)" = ${quoted(markOf(claim))} ]`;
      if ((await ask(host, `${mine} || { echo other; return 0; }\n${clearing}`, doing, signal)) === 'other') return;
      if (pool.clean) {
        const about = {
          doing: `${doing} with its own command`,
          timeLimitMs: 10 * 60_000,
          signal,
          clock: options.clock,
        };
        await remoteRun(await loginTo(host, signal), pool.clean, { ...about, overflow: 'keep-tail' });
      }
      await ask(host, `! ${mine} || rm -f ${taken}\nsync`, doing, signal);
    },
    hostKeys: async (host: PoolHost): Promise<readonly string[]> => pinnedKeys(join(folderOf(host), 'config')),
  };
}

/** What a machine's script leaves: what runs, containers, the disk in memory, files. */
const clearing = `
for file in $(grep -lz '^WIZARD_RUN=' /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${file#/proc/}
  kill -KILL "\${pid%/environ}" 2>/dev/null
done
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  docker ps -aq --filter label=shining-wizard | xargs -r docker rm -fv >/dev/null || return 1
fi
if grep -q '^tmpfs /mem tmpfs ' /etc/fstab 2>/dev/null; then
  umount /mem 2>/dev/null || umount -l /mem 2>/dev/null
  sed -i '/^tmpfs \\/mem tmpfs /d' /etc/fstab
fi
rm -rf ${machineStateFolder}
find ${folder} -mindepth 1 -maxdepth 1 -not -name .taken -exec rm -rf {} +`;

function poolOf({ pools }: SshPoolOptions, machine: string): SshPool {
  const pool = Object.hasOwn(pools, machine) ? pools[machine] : undefined;
  if (pool) return pool;
  throw new WizardError(`looking for the pool machines.${machine}: wizard.yml has no such entry`, {
    code: 'ssh-pool/unknown-pool',
    remedy: 'fix-setup',
    hint: `Add machines.${machine} with its hosts to wizard.yml, or take it out of the recipe.`,
  });
}
