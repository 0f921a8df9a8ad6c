import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { test } from 'node:test';
import { withFolder } from '../../testing/config-folder.ts';
import { realPart } from '../../testing/real-part.ts';
import { doctor } from './doctor.ts';

const hasUser = /^(mysql|postgres|redis):/m.test(readFileSync('/etc/passwd', 'utf8'));
const skip = realPart('only root starts servers as a user of theirs', process.getuid?.() === 0 && hasUser);

test('a folder that the users of database servers may not enter is named, with what helps', { skip }, async () => {
  await withFolder({}, async (folder) => {
    const look = async () => (await doctor(folder)).find(({ what }) => what === 'users of database servers');
    await chmod(folder, 0o700);
    const closed = await look();
    assert.match(closed?.message ?? '', /^[a-z, ]+ may not enter .*: databases of environments cannot be started$/);
    assert.deepEqual([closed?.ok, closed?.lacks], [true, true], 'only some recipes need it');
    assert.equal(closed?.hint, `Let it: chmod o+x ${folder}`);
    await chmod(folder, 0o711);
    const open = await look();
    assert.deepEqual(
      [/may enter the data directory$/.test(open?.message ?? ''), open?.hint, open?.lacks],
      [true, undefined, undefined],
    );
  });
});
