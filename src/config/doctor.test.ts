import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFolder } from '../../testing/config-folder.ts';
import { openControlGroups } from '../kit/supervised-run/control-group.ts';
import { doctor } from './doctor.ts';

test('the doctor looks at everything and leaves nothing behind', async () => {
  await withFolder({}, async (folder) => {
    const lines = await doctor(join(folder, 'not/there/yet'));
    assert.deepEqual(
      lines.map(({ what }) => what),
      [
        'node',
        'git',
        'programs for machines',
        'copies of data',
        'clones of databases',
        'disks in memory',
        'database servers',
        'users of database servers',
        'disk',
        'memory',
        'memory limits',
        'open files',
        'user',
      ],
    );
    assert.deepEqual(await readdir(folder), []);
    for (const line of lines) assert.doesNotMatch(line.message, /could not be looked at/, line.what);
    const limits = lines.find(({ what }) => what === 'memory limits');
    const groups = await openControlGroups('doctor-test');
    const held =
      'unavailable' in groups ? /^limits are not held: ./ : new RegExp(`^held, by cgroup v${groups.version}`);
    assert.match(limits?.message ?? '', held);
    assert.equal(limits?.hint === undefined, !('unavailable' in groups));
    const [node, git, programs, , cloning, inMemory] = lines;
    assert.match(inMemory?.message ?? '', /^databases can(not)? lie in memory/);
    assert.equal(inMemory?.hint === undefined, /^databases can lie/.test(inMemory?.message ?? ''));
    assert.match(cloning?.message ?? '', /^by (snapshot|reflink|overlay|copy), tried just now/);
    const slow = /^by (overlay|copy)/.test(cloning?.message ?? '');
    assert.equal(/`wizard data pool create`/.test(cloning?.hint ?? ''), slow, 'what would be faster');
    assert.deepEqual([node?.ok, node?.message], [true, process.version]);
    assert.equal(programs?.ok, true);
    assert.match(`${programs?.message} ${programs?.hint}`, /\bssh\b.*/, 'there or not, it is spoken of');
    assert.match(git?.message ?? '', /^[0-9]+\.[0-9]+$/);
  });
});
