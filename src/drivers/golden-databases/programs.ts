import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import type { SystemOwner } from '../../kit/closed-folder.ts';
import { lookAnew, userInImage, versionInImage } from '../../kit/containers/look-into-image.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { plainEnvironment, runCommand } from '../../kit/run-command.ts';
import { type BakingFolder, bakingVariable } from './baking-folder.ts';
import type { Engine } from './golden-source.ts';

export interface ProgramCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A server and the programs that came with it, of this machine or of an image. */
export interface Programs {
  /** `10.11.19` */
  readonly version: string;
  /** Whom a server runs as, and who owns its files. */
  readonly owner: SystemOwner;
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
  /** Ends the wait for an image. */
  readonly signal: AbortSignal;
}

const serverOf = { mariadb: 'mariadbd', mysql: 'mysqld', postgres: 'postgres' } as const;
const userOf = { mariadb: 'mysql', mysql: 'mysql', postgres: 'postgres' } as const;
const limitMs = 60_000;
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
    return versionSaid(engine, (await runCommand(argv, { timeLimitMs: limitMs })).stdout);
  } catch (error) {
    if (codeOf(error).startsWith('command/')) return undefined;
    throw error;
  }
}

const versionSaid = (engine: Engine, said: string): string | undefined =>
  /mariadb/i.test(said) === (engine === 'mariadb')
    ? /(?:Ver |PostgreSQL\) )(\d+(?:\.\d+)+)/.exec(said)?.[1]
    : undefined;

async function ownerHere(engine: Engine): Promise<SystemOwner> {
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

async function ofImage({ engine, folder, mark, signal }: ProgramsAbout, image: string): Promise<Programs> {
  const env = dockerEnvironment();
  const mounts = [folder.path, folder.run].flatMap((path) => ['--volume', `${path}:${path}`]);
  const run = ['docker', 'run', '--rm', '--interactive', '--label', `${label}=${mark}`];
  lookAnew(image);
  const version = versionSaid(engine, await versionInImage(image, serverOf[engine], signal));
  if (version === undefined) throw wrongImage(image, engine);
  const owner = await userInImage(image, userOf[engine], signal);
  return {
    version,
    owner,
    call(program, args, { as, secrets = {}, network = false }) {
      const user =
        as === 'owner' ? `${owner.uid}:${owner.gid}` : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
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

const wrongImage = (image: string, engine: Engine): WizardError =>
  new WizardError(`looking into the image ${image}: its ${serverOf[engine]} is of another kind`, {
    code: 'golden/wrong-image',
    remedy: 'fix-setup',
    hint: `"container" of "golden" must be an image with a server of ${engine}, such as the official ones.`,
  });
