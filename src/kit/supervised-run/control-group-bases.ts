import { basename, dirname, join, relative } from 'node:path';

/** A directory below which control groups of ours may go. */
export interface GroupBase {
  readonly version: 1 | 2;
  readonly path: string;
}

/** Where the group of this process lies, read from its `/proc/self/cgroup` and `/proc/self/mountinfo`; version 1 comes first. */
export function groupBases(cgroup: string, mountinfo: string): GroupBase[] {
  const own = cgroup.split('\n').map((line) => line.split(':'));
  const bases = mountinfo.split('\n').flatMap((line): GroupBase[] => {
    const fields = line.split(' ');
    const [, , , root = '/', point = ''] = fields;
    const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1);
    if (type === 'cgroup' && options.split(',').includes('memory')) {
      const path = own.find(([, controllers]) => controllers?.split(',').includes('memory'))?.[2];
      return path === undefined ? [] : [{ version: 1, path: placeOf(point, root, path) }];
    }
    const path = type === 'cgroup2' ? own.find(([id]) => id === '0')?.[2] : undefined;
    return path === undefined ? [] : [{ version: 2, path: divisible(placeOf(point, root, path)) }];
  });
  return bases.sort((a, b) => a.version - b.version);
}

/** In a container the mount shows only a part of the tree; a path outside that part is the mount itself. */
function placeOf(point: string, root: string, path: string): string {
  const steps = relative(root, path);
  return steps.startsWith('..') ? point : join(point, steps);
}

/** A version 2 group with processes in it cannot be divided: with systemd's `DelegateSubgroup=server`, the one above is ours. */
const divisible = (path: string): string => (basename(path) === 'server' ? dirname(path) : path);
