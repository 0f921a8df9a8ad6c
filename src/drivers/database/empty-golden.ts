import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { makeDataFolder } from '../../kit/clone/subvolumes.ts';
import type { SystemOwner } from '../../kit/closed-folder.ts';
import { confinedContainer, removeContainer } from '../../kit/containers/confined-container.ts';
import { userInImage, versionInImage } from '../../kit/containers/look-into-image.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { orMissing, pathKind } from '../../kit/path-kind.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { writeWhole } from '../../kit/write-whole.ts';
import type { Engine, Shape } from './database-spec.ts';
import { type GoldenCopy, readGolden } from './golden-copy.ts';
import { mustEnter } from './must-enter.ts';
import { pickProgram } from './pick-program.ts';
import { asUser, familyOf, serverNames } from './server-command.ts';
import { type ServerProgram, seriesOf, versionIn } from './server-programs.ts';

const limitMs = 5 * 60_000;
const partialPrefix = '.partial-';
const usersFile = (partial: string): string => join(partial, 'passwd');
const containerName = (partial: string): string => `wizard-empty-${basename(partial).slice(1)}`;
const inTurn = oneAtATime();

/** Takes away what a life before this one left half made. Called while none is being made. */
export async function sweepEmpty(root: string): Promise<void> {
  for (const name of (await orMissing(readdir(root))) ?? [])
    if (name.startsWith(partialPrefix)) await dropPartial(join(root, name));
}

/** Its container first: it would go on writing. Docker is asked only where there may be one. */
async function dropPartial(partial: string): Promise<void> {
  if ((await pathKind(usersFile(partial))) !== 'missing') await removeContainer(containerName(partial));
  await removeTree(partial);
}

/** Data folders without any data, one for each server: made once, and cloned for each environment that begins empty. */
export async function emptyGolden(
  root: string,
  shape: Shape,
  version: string,
  signal: AbortSignal,
): Promise<GoldenCopy> {
  const { engine, container } = shape;
  const server =
    container === undefined
      ? await pickProgram(engine, version)
      : await serverOfImage(shape.engine, container, version, signal);
  const name = `${engine}-${server.version}${container === undefined ? '' : `-${stableHash(container, 12)}`}`;
  const folder = join(root, name);
  return inTurn(folder, signal, async () => {
    const known = await readGolden(folder);
    if (known) return known;
    const partial = join(root, `${partialPrefix}${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(partial, { recursive: true, mode: 0o711 });
      await fill(partial, shape, server, signal);
      const manifest = { source: '', version: '', engine, serverVersion: server.version, database: '' };
      await writeWhole(join(partial, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
      await removeTree(folder);
      await rename(partial, folder);
    } finally {
      await dropPartial(partial);
    }
    const made = await readGolden(folder);
    if (made) return made;
    throw new WizardError('making an empty database: it is gone again', {
      code: 'database/golden-gone',
      remedy: 'try-again',
    });
  });
}

/** A server of this machine has a path, one of an image the user that it runs as. */
type Server = Pick<ServerProgram, 'version'> & { readonly path?: string; readonly owner?: SystemOwner };

async function serverOfImage(engine: Engine, image: string, wanted: string, signal: AbortSignal): Promise<Server> {
  const version = versionIn(engine, await versionInImage(image, serverNames[engine], signal));
  const fits = version !== undefined && (wanted === '' || seriesOf(engine, version) === seriesOf(engine, wanted));
  if (fits) return { version, owner: await userInImage(image, userOf(engine), signal) };
  const wants = wanted === '' ? engine : `${engine} ${seriesOf(engine, wanted)}`;
  throw new WizardError(
    `making an empty database: ${wants} is wanted, and ${image} has ${version ?? 'another server'}`,
    {
      code: 'database/wrong-image',
      remedy: 'change-input',
      hint: 'Let the version and `container` of the recipe name the same server.',
    },
  );
}

async function fill(partial: string, { engine, container }: Shape, server: Server, signal: AbortSignal): Promise<void> {
  const data = join(partial, 'data');
  const owner = await serverUser(userOf(engine), server.owner);
  await makeDataFolder(data);
  if (process.getuid?.() === 0) await chown(data, owner.uid, owner.gid);
  const family = familyOf(engine);
  const about = { timeLimitMs: limitMs, signal, doing: 'making an empty database' };
  if (container === undefined) {
    await mustEnter(partial, owner);
    const temporary = join(partial, 'tmp');
    await mkdir(temporary, { mode: 0o700 });
    if (process.getuid?.() === 0) await chown(temporary, owner.uid, owner.gid);
    const [tool, ...args] = family.initialise(data, temporary);
    const beside = join(dirname(server.path ?? ''), tool);
    // MariaDB's own tool lies with the clients, and not beside the server.
    const path = tool === 'mariadb-install-db' ? tool : beside;
    await runCommand(asUser(owner.uid, owner.gid, [path, ...args]), { ...about, cwd: data });
    await removeTree(temporary);
    return;
  }
  const [program, ...args] = family.initialise(family.containerData, '/tmp');
  // PostgreSQL's tool asks for the name of its user, and an image knows only its own.
  const users = usersFile(partial);
  await writeFile(users, `database:x:${owner.uid}:${owner.gid}::/tmp:/bin/sh\n`);
  const volumes = [`${data}:${family.containerData}`, `${users}:/etc/passwd:ro`];
  const name = containerName(partial);
  const argv = confinedContainer({ ...owner, name, instance: 'none', image: container, program, args, volumes });
  await runCommand(argv, { ...about, env: dockerEnvironment() });
  await rm(users);
}

const userOf = (engine: Engine): string => (engine === 'postgres' ? 'postgres' : 'mysql');

/** That of the image, the system's own for this kind of server, or whom we are. */
async function serverUser(name: string, ofImage: SystemOwner | undefined): Promise<SystemOwner> {
  const [uid = 0, gid = 0] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  if (ofImage) return ofImage;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  const [, , found, group] = line?.split(':') ?? [];
  if (found !== undefined && group !== undefined) return { uid: Number(found), gid: Number(group) };
  throw new WizardError(`making an empty database: there is no user ${name} on this machine`, {
    code: 'database/no-user',
    remedy: 'fix-setup',
    hint: 'Make that user; servers do not run as root.',
  });
}
