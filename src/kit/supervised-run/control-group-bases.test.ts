import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupBases } from './control-group-bases.ts';

const mount = (root: string, point: string, type: string, options: string): string =>
  `40 32 0:37 ${root} ${point} rw,relatime shared:12 - ${type} ${type} ${options}`;

const cases = [
  {
    because: 'version 1: the hierarchy that counts memory, not another',
    cgroup: '5:cpu:/elsewhere\n4:memory:/system.slice/wizard.service\n0::/\n',
    mounts: [
      mount('/', '/sys/fs/cgroup/cpu', 'cgroup', 'rw,cpu'),
      mount('/', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
    ],
    bases: [{ version: 1, path: '/sys/fs/cgroup/memory/system.slice/wizard.service' }],
  },
  {
    because: 'version 2 with a delegated subgroup: the group above it',
    cgroup: '0::/system.slice/wizard.service/server\n',
    mounts: [mount('/', '/sys/fs/cgroup', 'cgroup2', 'rw')],
    bases: [{ version: 2, path: '/sys/fs/cgroup/system.slice/wizard.service' }],
  },
  {
    because: 'version 2 in a container with a view of its own',
    cgroup: '0::/\n',
    mounts: [mount('/', '/sys/fs/cgroup', 'cgroup2', 'ro')],
    bases: [{ version: 2, path: '/sys/fs/cgroup' }],
  },
  {
    because: 'version 1 in a container that is shown only its own part',
    cgroup: '4:memory:/docker/abc\n',
    mounts: [mount('/docker/abc', '/sys/fs/cgroup/memory', 'cgroup', 'ro,memory')],
    bases: [{ version: 1, path: '/sys/fs/cgroup/memory' }],
  },
  {
    because: 'both: memory is counted in version 1, which is asked first',
    cgroup: '4:memory:/a\n0::/a\n',
    mounts: [
      mount('/', '/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
      mount('/', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
    ],
    bases: [
      { version: 1, path: '/sys/fs/cgroup/memory/a' },
      { version: 2, path: '/sys/fs/cgroup/unified/a' },
    ],
  },
  { because: 'nothing mounted', cgroup: '0::/\n', mounts: [], bases: [] },
];

for (const { because, cgroup, mounts, bases } of cases) {
  test(`the place for memory limits: ${because}`, () => assert.deepEqual(groupBases(cgroup, mounts.join('\n')), bases));
}
