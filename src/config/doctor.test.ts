import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFolder } from '../../testing/config-folder.ts';
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
        'disk',
        'memory',
        'memory limits',
        'open files',
        'user',
      ],
    );
    assert.deepEqual(await readdir(folder), []);
    for (const line of lines) assert.doesNotMatch(line.message, /could not be looked at/, line.what);
    const [node, git, programs] = lines;
    assert.deepEqual([node?.ok, node?.message], [true, process.version]);
    assert.equal(programs?.ok, true);
    assert.match(`${programs?.message} ${programs?.hint}`, /\bssh\b.*/, 'there or not, it is spoken of');
    assert.match(git?.message ?? '', /^[0-9]+\.[0-9]+$/);
  });
});
