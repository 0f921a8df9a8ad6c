import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { groupsFor } from '../../../testing/control-groups.ts';
import { foretellEntry, makeGroup, removeGroup } from './control-group.ts';

const own = (): string => readFileSync('/proc/self/cgroup', 'utf8');

/** Whether we are just telling the kernel of an entry: the file is open until it answered. */
const isTelling = (): boolean =>
  readdirSync('/proc/self/fd').some((number) => {
    const path = join('/proc/self/fd', number);
    return existsSync(path) && readlinkSync(path).endsWith('/cgroup.procs');
  });

test('what tells the kernel that a group is entered soon leaves the server where it is', async (t) => {
  const groups = await groupsFor(t, 'foretell-test');
  if (!groups) return;
  const before = own();
  await foretellEntry(groups);
  await settleInRealTime(10_000)(async () => !isTelling());
  assert.equal(own(), before);
});

test('a server that was moved to another group meanwhile is not moved back', async (t) => {
  const groups = await groupsFor(t, 'foretell-test');
  if (!groups) return;
  const former = join(groups.root, 'former');
  await makeGroup(groups, former, undefined);
  t.after(() => removeGroup(former));
  await foretellEntry({ ...groups, base: former, own: '0::/former\n' });
  assert.equal(isTelling(), false);
});
