import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { makeDataFolder } from '../../kit/clone/subvolumes.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { writeWhole } from '../../kit/write-whole.ts';
import type { Shape } from './database-spec.ts';
import { type GoldenCopy, readGolden } from './golden-copy.ts';
import { mustEnter } from './must-enter.ts';
import { pickProgram } from './pick-program.ts';
import { asUser, familyOf } from './server-command.ts';

const limitMs = 5 * 60_000;
const inTurn = oneAtATime();

/** Data folders without any data, one for each server: made once, and cloned for each environment that begins empty. */
export async function emptyGolden(
  root: string,
  shape: Shape,
  version: string,
  signal: AbortSignal,
): Promise<GoldenCopy> {
  const { engine, container } = shape;
  const server = container === undefined ? await pickProgram(engine, version) : undefined;
  const name = server ? `${engine}-${server.version}` : `${engine}-${stableHash(container ?? '', 12)}`;
  const folder = join(root, name);
  return inTurn(folder, signal, async () => {
    const known = await readGolden(folder);
    if (known) return known;
    const partial = join(root, `.partial-${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(partial, { recursive: true, mode: 0o711 });
      await fill(partial, shape, server?.path, signal);
      const manifest = { source: '', version: '', engine, serverVersion: server?.version ?? version, database: '' };
      await writeWhole(join(partial, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
      await removeTree(folder);
      await rename(partial, folder);
    } finally {
      await removeTree(partial);
    }
    const made = await readGolden(folder);
    if (made) return made;
    throw new WizardError('making an empty database: it is gone again', {
      code: 'database/golden-gone',
      remedy: 'try-again',
    });
  });
}

async function fill(partial: string, { engine, container }: Shape, program: string | undefined, signal: AbortSignal) {
  const data = join(partial, 'data');
  const owner = await serverUser(engine === 'postgres' ? 'postgres' : 'mysql', container !== undefined);
  await makeDataFolder(data);
  if (process.getuid?.() === 0) await chown(data, owner.uid, owner.gid);
  const family = familyOf(engine);
  const about = { timeLimitMs: limitMs, signal, doing: 'making an empty database' };
  if (container === undefined) {
    await mustEnter(partial, owner);
    const [tool, ...args] = family.initialise(data, partial);
    const beside = join(dirname(program ?? ''), tool);
    // MariaDB's own tool lies with the clients, and not beside the server.
    const path = tool === 'mariadb-install-db' ? tool : beside;
    await runCommand(asUser(owner.uid, owner.gid, [path, ...args]), { ...about, cwd: data });
    return;
  }
  const [tool, ...args] = family.initialise(family.containerData, '/tmp');
  const user = `--user=${owner.uid}:${owner.gid}`;
  const volume = `--volume=${data}:${family.containerData}`;
  await runCommand(['docker', 'run', '--rm', user, volume, `--entrypoint=${tool}`, container, ...args], about);
}

/** The system's own user for this kind of server, or whom we are. */
async function serverUser(name: string, inContainer: boolean): Promise<{ readonly uid: number; readonly gid: number }> {
  const [uid = 0, gid = 0] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  const [, , found, group] = line?.split(':') ?? [];
  if (found !== undefined && group !== undefined) return { uid: Number(found), gid: Number(group) };
  // As in the official images.
  if (inContainer) return { uid: 999, gid: 999 };
  throw new WizardError(`making an empty database: there is no user ${name} on this machine`, {
    code: 'database/no-user',
    remedy: 'fix-setup',
    hint: 'Make that user; servers do not run as root.',
  });
}
