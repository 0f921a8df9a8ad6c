import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GroupBase, groupBases } from './control-group-bases.ts';
import { codeOfFault, isThere, readIfThere } from './run-files.ts';

/** Where control groups that may have a memory limit can be made. */
export interface ControlGroups {
  readonly version: 1 | 2;
  /** The group that the server itself is in, and how `/proc` told so. */
  readonly base: string;
  readonly own: string;
  /** Ours, below `base`: whatever confines the server confines its runs. */
  readonly root: string;
}

/** Tries whether groups can be made here; the answer otherwise says why not. */
export async function openControlGroups(instance: string): Promise<ControlGroups | { readonly unavailable: string }> {
  const own = ownGroups();
  const base = await findBase(own);
  if (!base) return { unavailable: 'no control group with a memory controller is mounted' };
  const groups: ControlGroups = {
    version: base.version,
    base: base.path,
    own,
    root: join(base.path, 'wizard', encodeURIComponent(instance)),
  };
  const trial = join(groups.root, 'trial');
  try {
    await makeGroup(groups, trial, 64);
    return groups;
  } catch (error) {
    const code = codeOfFault(error);
    if (!code) throw error;
    return { unavailable: `the control group ${base.path} cannot be divided (${code})` };
  } finally {
    await removeGroup(trial);
  }
}

/**
 * Tells the kernel that a group is entered soon; answers when it is told, not when it is done. It waits some 15 ms before it lets one in,
 * unless it has just let another in (a grace period of its locks): told now, that passes while the program is started. What is told
 * changes nothing: that we enter where we are. Where it is refused the run waits itself.
 */
export async function foretellEntry({ base, own }: ControlGroups): Promise<void> {
  if (ownGroups() !== own) return;
  try {
    const procs = await open(join(base, 'cgroup.procs'), 'w');
    void procs
      .write(String(process.pid))
      .catch(unlessRefused)
      .finally(() => procs.close());
  } catch (error) {
    unlessRefused(error);
  }
}

function unlessRefused(error: unknown): void {
  if (!codeOfFault(error)) throw error;
}

const makeAttempts = 3;

/** Makes the group, or finds it, and sets its limit if there is one. Swap counts as memory where the kernel can tell. */
export async function makeGroup(groups: ControlGroups, path: string, limitMb: number | undefined): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await tryToMakeGroup(groups, path, limitMb);
      return;
    } catch (error) {
      // Another run may just have removed the groups above as empty.
      if (codeOfFault(error) !== 'ENOENT' || attempt === makeAttempts) throw error;
    }
  }
}

async function tryToMakeGroup(groups: ControlGroups, path: string, limitMb: number | undefined): Promise<void> {
  await mkdir(groups.root, { recursive: true });
  if (groups.version === 2) {
    const wizard = dirname(groups.root);
    for (const above of [dirname(wizard), wizard, groups.root])
      await writeFile(join(above, 'cgroup.subtree_control'), '+memory');
  }
  await mkdir(path, { recursive: true });
  if (limitMb === undefined) return;
  const bytes = String(limitMb * 1024 * 1024);
  if (groups.version === 2) {
    await writeFile(join(path, 'memory.max'), bytes);
    if (await isThere(join(path, 'memory.swap.max'))) await writeFile(join(path, 'memory.swap.max'), '0');
    return;
  }
  await writeFile(join(path, 'memory.limit_in_bytes'), bytes);
  const withSwap = join(path, 'memory.memsw.limit_in_bytes');
  if (await isThere(withSwap)) await writeFile(withSwap, bytes);
}

/** How often the kernel killed something in this group for want of memory. */
export async function countMemoryKills(path: string): Promise<number> {
  const text =
    (await readIfThere(join(path, 'memory.events'))) ?? (await readIfThere(join(path, 'memory.oom_control')));
  return Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
}

/** Ids of the processes in the group; none when it is gone. */
export async function processesInGroup(path: string): Promise<number[]> {
  const text = (await readIfThere(join(path, 'cgroup.procs'))) ?? '';
  return text.split('\n').filter(Boolean).map(Number);
}

/** Removes the group, and those of ours above it that are empty now. False: something still runs in it. */
export async function removeGroup(path: string): Promise<boolean> {
  for (const [index, group] of [path, dirname(path), dirname(dirname(path))].entries()) {
    try {
      await rmdir(group);
    } catch (error) {
      const code = codeOfFault(error);
      if (code === 'EBUSY' || code === 'ENOTEMPTY') return index > 0;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    }
  }
  return true;
}

const ownGroups = (): string => readFileSync('/proc/self/cgroup', 'utf8');

/** The directory of the group that this process is in, in the hierarchy that counts memory. */
async function findBase(own: string): Promise<GroupBase | undefined> {
  const bases = groupBases(own, await readFile('/proc/self/mountinfo', 'utf8'));
  for (const base of bases) {
    if (base.version === 1) return base;
    const controllers = (await readIfThere(join(base.path, 'cgroup.controllers'))) ?? '';
    if (controllers.split(/\s/).includes('memory')) return base;
  }
  return undefined;
}
