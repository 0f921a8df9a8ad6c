import { constants, existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeError } from '../domain/wizard-error.ts';
import { bytesText, floorOf, isBelowFloor, reserveOf, roomAt, roomText } from '../kit/disk-room.ts';
import { runCommand } from '../kit/run-command.ts';
import { openControlGroups } from '../kit/supervised-run/control-group.ts';
import { type CheckFound, type CheckLine, systemCode, unwatched, type Watch } from './check-line.ts';
import { lookAtCloning, lookAtMemoryDisks, lookAtServers, lookAtServerUsers } from './doctor-databases.ts';

const gigabyte = 1024 ** 3;

/** What this machine has and lacks, for a server that keeps its data in `dataDirectory`. A missing advantage is advice, not a fault. */
export async function doctor(dataDirectory: string, watch: Watch = unwatched): Promise<readonly CheckLine[]> {
  const looks: readonly (readonly [string, () => CheckFound | Promise<CheckFound>])[] = [
    ['node', lookAtNode],
    ['git', lookAtGit],
    ['programs for machines', lookAtPrograms],
    ['copies of data', () => lookAtReflinks(dataDirectory)],
    ['clones of databases', () => lookAtCloning(dataDirectory)],
    ['disks in memory', () => lookAtMemoryDisks(existingFolder(dataDirectory))],
    ['database servers', lookAtServers],
    ['users of database servers', () => lookAtServerUsers(existingFolder(dataDirectory))],
    ['disk', () => lookAtDisk(dataDirectory)],
    ['memory', lookAtMemory],
    ['memory limits', lookAtCgroups],
    ['open files', lookAtOpenFiles],
    ['user', lookAtUser],
  ];
  return Promise.all(
    looks.map(async ([what, look]): Promise<CheckLine> => {
      try {
        return { what, ...(await watch(what, async () => look())) };
      } catch (error) {
        return { what, ok: false, message: `could not be looked at: ${describeError(error)}` };
      }
    }),
  );
}

function lookAtNode(): CheckFound {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return { ok, message: process.version, ...(ok ? {} : { hint: 'Install Node.js 24 or newer.' }) };
}

async function lookAtGit(): Promise<CheckFound> {
  const { stdout } = await runCommand(['git', '--version'], { timeLimitMs: 10_000 });
  const [, major = '0', minor = '0'] = /([0-9]+)\.([0-9]+)/.exec(stdout) ?? [];
  const ok = Number(major) * 100 + Number(minor) >= 230;
  return { ok, message: `${major}.${minor}`, ...(ok ? {} : { hint: 'Install git 2.30 or newer.' }) };
}

/** Only recipes with a machine need these; what is not there is advice. */
const programs: readonly (readonly [string, string])[] = [
  ['ssh', 'machines'],
  ['ansible-playbook', 'configure: { ansible }'],
  ['cap', 'deploy: { capistrano }'],
  ['docker', 'baked data'],
];

async function lookAtPrograms(): Promise<CheckFound> {
  const there = await Promise.all(programs.map(([name]) => isThere(name)));
  const found = programs.filter((_, index) => there[index]).map(([name]) => name);
  const missing = programs.filter((_, index) => !there[index]);
  return {
    ok: true,
    message: found.length === 0 ? 'none' : found.join(', '),
    ...(missing.length === 0
      ? {}
      : {
          lacks: true as const,
          hint: `Not there: ${missing.map(([name, need]) => `${name} (for ${need})`).join(', ')}.`,
        }),
  };
}

/** Whether the server would find it. It is not run: some take seconds to say their version. */
async function isThere(program: string): Promise<boolean> {
  const { status } = await runCommand(['sh', '-c', 'command -v -- "$1"', 'sh', program], {
    timeLimitMs: 10_000,
    allow: () => true,
  });
  return status === 0;
}

async function lookAtReflinks(dataDirectory: string): Promise<CheckFound> {
  const folder = await mkdtemp(join(existingFolder(dataDirectory), '.wizard-doctor-'));
  try {
    await writeFile(join(folder, 'a'), 'x'.repeat(8192));
    await copyFile(join(folder, 'a'), join(folder, 'b'), constants.COPYFILE_FICLONE_FORCE);
    return { ok: true, message: 'instant: the file system shares blocks (reflink)' };
  } catch (error) {
    const unsupported = ['ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'EXDEV', 'ENOTTY'].includes(systemCode(error));
    if (!unsupported) throw error;
    const hint = 'Put data-directory on XFS (with reflink=1) or Btrfs to make large data sets appear at once.';
    return { ok: true, lacks: true, message: 'byte by byte: the file system has no reflinks', hint };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function lookAtDisk(dataDirectory: string): Promise<CheckFound> {
  const room = await roomAt(existingFolder(dataDirectory));
  const serves = existsSync(join(dataDirectory, 'wizard.sqlite'));
  const givenUp = serves && reserveOf(room) > 0 && !existsSync(join(dataDirectory, 'reserve'));
  const message = `${roomText(room)}${givenUp ? '; the reserve for a full disk is not there' : ''}`;
  if (isBelowFloor(room)) {
    const hint = `Nothing new is built with less than ${bytesText(floorOf(room))} free. Make room: the server goes on by itself.`;
    return { ok: false, message, hint };
  }
  if (room.free < gigabyte)
    return { ok: false, message, hint: 'Less than 1 GB is left: environments will fail to build.' };
  if (givenUp) return { ok: true, message, hint: 'A running server takes it again when there is room enough.' };
  return room.free < 10 * gigabyte
    ? { ok: true, message, hint: 'Below 10 GB large repositories or data may not fit.' }
    : { ok: true, message };
}

function lookAtMemory(): CheckFound {
  return { ok: true, message: `${(freemem() / gigabyte).toFixed(1)} of ${(totalmem() / gigabyte).toFixed(1)} GB free` };
}

/** Tried as the server does it: what is mounted does not say what may be divided. */
async function lookAtCgroups(): Promise<CheckFound> {
  const groups = await openControlGroups(`doctor-${process.pid}`);
  if ('unavailable' in groups) {
    const hint =
      'Run the server with a control group of its own (systemd: Delegate=yes, DelegateSubgroup=server). Tried as this user, in this shell.';
    return { ok: true, lacks: true, message: `limits are not held: ${groups.unavailable}`, hint };
  }
  return { ok: true, message: `held, by cgroup v${groups.version} (tried)` };
}

async function lookAtOpenFiles(): Promise<CheckFound> {
  const limits = await textIfThere('/proc/self/limits');
  const soft = /^Max open files\s+(\S+)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return { ok: true, message: 'the limit is not known on this system' };
  const enough = soft === 'unlimited' || Number(soft) >= 4096;
  return {
    ok: true,
    message: `at most ${soft}`,
    ...(enough ? {} : { hint: 'Raise the limit (ulimit -n) to 4096 or more for many visitors at once.' }),
  };
}

function lookAtUser(): CheckFound {
  if (process.getuid?.() !== 0) return { ok: true, message: 'not root' };
  return { ok: true, message: 'root', hint: 'Environments run as this user: use an account of its own.' };
}

/** The folder itself, or where it would be made. */
function existingFolder(path: string): string {
  let at = resolve(path);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error))) return undefined;
    throw error;
  }
}
