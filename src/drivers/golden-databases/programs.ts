import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { plainEnvironment, runCommand } from '../../kit/run-command.ts';
import { type BakingFolder, bakingVariable } from './baking-folder.ts';
import type { Engine } from './golden-source.ts';

/** Whom a server runs as, and who owns its files. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A server and the programs that came with it, of this machine or of an image. */
export interface Programs {
  /** `10.11.19` */
  readonly version: string;
  readonly owner: Owner;
  /** How to run one. `as`: the user who owns the data, or ourselves. `secrets`: environment that is in no argument. */
  call(program: string, args: readonly string[], how: ProgramHow): ProgramCall;
  /** Takes away what outlives its command. */
  clear(): Promise<void>;
}

export interface ProgramHow {
  readonly as: 'owner' | 'us';
  readonly secrets?: Readonly<Record<string, string>>;
  /** Whether it talks to other machines. */
  readonly network?: boolean;
}

export interface ProgramsAbout {
  readonly engine: Engine;
  readonly container: string | undefined;
  readonly folder: BakingFolder;
  /** Marks containers: `wizard/staging`. */
  readonly mark: string;
}

const serverOf = { mariadb: 'mariadbd', mysql: 'mysqld', postgres: 'postgres' } as const;
const userOf = { mariadb: 'mysql', mysql: 'mysql', postgres: 'postgres' } as const;
const limitMs = 60_000;
const pullMs = 60 * 60_000;
const label = 'shining-wizard.golden';

export const findPrograms = (about: ProgramsAbout): Promise<Programs> =>
  about.container === undefined ? ofMachine(about) : ofImage(about, about.container);

async function ofMachine({ engine, folder }: ProgramsAbout): Promise<Programs> {
  const { path, version } = await newestServer(engine);
  const owner = await ownerHere(engine);
  const PATH = `${dirname(path)}:${plainEnvironment()['PATH'] ?? ''}`;
  const asOwner =
    process.getuid?.() === 0
      ? ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--pdeathsig=KILL', '--']
      : [];
  return {
    version,
    owner,
    call: (program, args, { as, secrets = {} }) => ({
      argv: [...(as === 'owner' ? asOwner : []), program, ...args],
      env: { PATH, ...secrets, [bakingVariable]: folder.path },
      cwd: folder.path,
    }),
    clear: async () => undefined,
  };
}

async function newestServer(engine: Engine): Promise<{ path: string; version: string }> {
  const root = '/usr/lib/postgresql';
  const versioned = ((await orMissing(readdir(root))) ?? []).map((name) => join(root, name, 'bin'));
  const path = (plainEnvironment()['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const folders = new Set([...versioned, ...path, '/usr/local/sbin', '/usr/sbin', '/usr/local/mysql/bin']);
  const found: { path: string; version: string }[] = [];
  for (const folder of folders) {
    const real = await orMissing(realpath(join(folder, serverOf[engine])));
    const version = real === undefined ? undefined : await versionOf(engine, [real, '--version']);
    if (real !== undefined && version !== undefined) found.push({ path: real, version });
  }
  const newest = found.sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))[0];
  if (newest) return newest;
  throw new WizardError(`looking for a server of ${engine}: this machine has none`, {
    code: 'golden/no-server',
    remedy: 'fix-setup',
    hint: `Install ${engine} (its server need not be started), or name an image as "container" of "golden".`,
  });
}

/** `undefined`: it is another server, or cannot be run. */
async function versionOf(engine: Engine, argv: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await runCommand(argv, { timeLimitMs: limitMs, env: dockerEnvironment() });
    if (/mariadb/i.test(stdout) !== (engine === 'mariadb')) return undefined;
    return /(?:Ver |PostgreSQL\) )(\d+(?:\.\d+)+)/.exec(stdout)?.[1];
  } catch (error) {
    if (codeOf(error).startsWith('command/')) return undefined;
    throw error;
  }
}

async function ownerHere(engine: Engine): Promise<Owner> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const id = async (option: string): Promise<number> => {
    const argv = ['id', option, '--', userOf[engine]];
    const { stdout, status } = await runCommand(argv, { timeLimitMs: limitMs, allow: () => true });
    if (status === 0) return Number(stdout);
    throw new WizardError(`looking for the user ${userOf[engine]}: this machine has none`, {
      code: 'golden/no-user',
      remedy: 'fix-setup',
      hint: `The server of ${engine} does not run as root. Make a user ${userOf[engine]}, or run Shining Wizard as another user than root.`,
    });
  };
  return { uid: await id('-u'), gid: await id('-g') };
}

async function ofImage({ engine, folder, mark }: ProgramsAbout, image: string): Promise<Programs> {
  const env = dockerEnvironment();
  const mounts = [folder.path, folder.run].flatMap((path) => ['--volume', `${path}:${path}`]);
  const run = ['docker', 'run', '--rm', '--interactive', '--label', `${label}=${mark}`];
  await pulled(image, env);
  const ask = [...run, '--network', 'none', '--entrypoint'];
  const version = await versionOf(engine, [...ask, serverOf[engine], image, '--version']);
  if (version === undefined)
    throw imageFault(image, `it has no ${serverOf[engine]} that says its version`, `a server of ${engine}`);
  const who = `id -u ${userOf[engine]}; id -g ${userOf[engine]}`;
  const { stdout } = await runCommand([...ask, 'sh', image, '-c', who], { timeLimitMs: limitMs, env });
  const [uid = Number.NaN, gid = Number.NaN] = stdout.split('\n').map(Number);
  if (!(uid > 0 && gid > 0)) throw imageFault(image, `it has no user ${userOf[engine]}`, 'the official conventions');
  return {
    version,
    owner: { uid, gid },
    call(program, args, { as, secrets = {}, network = false }) {
      const user = as === 'owner' ? `${uid}:${gid}` : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
      const names = Object.keys(secrets).flatMap((name) => ['--env', name]);
      const words = ['--network', network ? 'host' : 'none', '--user', user, '--workdir', folder.path, ...names];
      return {
        argv: [...run, ...words, ...mounts, '--entrypoint', program, image, ...args],
        env: { ...env, ...secrets, [bakingVariable]: folder.path },
        cwd: folder.path,
      };
    },
    clear: () => clearContainers(mark),
  };
}

/** Takes the containers of a bake away. Also called when nobody knows whether there are any. */
export async function clearContainers(mark: string): Promise<void> {
  const env = dockerEnvironment();
  const list = ['docker', 'ps', '--all', '--quiet', '--filter', `label=${label}=${mark}`];
  const { stdout } = await runCommand(list, { timeLimitMs: limitMs, env });
  const ids = stdout.split(/\s+/).filter((id) => id !== '');
  if (ids.length > 0)
    await runCommand(['docker', 'rm', '--force', '--volumes', ...ids], {
      timeLimitMs: limitMs,
      env,
      allow: () => true,
    });
}

async function pulled(image: string, env: Readonly<Record<string, string>>): Promise<void> {
  const about = { timeLimitMs: pullMs, env };
  try {
    const { status } = await runCommand(['docker', 'image', 'inspect', image], { ...about, allow: () => true });
    if (status !== 0) await runCommand(['docker', 'pull', '--quiet', image], { ...about, doing: `pulling ${image}` });
  } catch (cause) {
    throw new WizardError(`getting the image ${image}`, {
      code: 'golden/no-image',
      remedy: 'fix-setup',
      hint: "Is it named rightly, and may the server's user run `docker pull`?",
      cause,
    });
  }
}

const imageFault = (image: string, what: string, need: string): WizardError =>
  new WizardError(`looking into the image ${image}: ${what}`, {
    code: 'golden/wrong-image',
    remedy: 'fix-setup',
    hint: `"container" of "golden" must be an image with ${need}, such as the official ones.`,
  });
