import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { silentLog } from '../../../testing/silent-log.ts';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import { systemClock } from '../../kit/clock.ts';
import { bakingFolder, clearBakingFolder, makeBakingFolder } from './baking-folder.ts';
import type { BakeRoom, EngineFamily } from './engine-family.ts';
import { familyOf } from './families.ts';
import { fill } from './fill.ts';
import type { GoldenSource } from './golden-source.ts';
import { type GoldenWorld, goldenWorld, noServer, type RealEngine, realEngines } from './golden-test-world.ts';
import { findPrograms } from './programs.ts';
import { type Proof, prove } from './prove.ts';
import { changedFiles, rememberFiles } from './untouched.ts';

const masking = "UPDATE users SET email = concat('u', id);\nUPDATE logins SET who = concat('u', id);\n";

const without = { rebuild: async () => undefined };

/** What the search of a bake finds in the files of a server; also where tables and logs were not made anew. */
async function searched(world: GoldenWorld, engine: RealEngine, isAnew: boolean): Promise<Proof> {
  const family: EngineFamily = { ...familyOf(engine), ...(isAnew ? {} : without) };
  const maskFiles = [await world.file('mask.sql', masking)];
  const from = { by: 'file', path: join(world.folder, 'dump.sql') } as const;
  const rest = { leaveOut: [], sample: {}, mask: {}, strict: false, checks: [], masked: false };
  const source: GoldenSource = { engine, from, maskFiles, ...rest };
  const folder = bakingFolder(world.root, 'searched');
  const signal = AbortSignal.timeout(120_000);
  try {
    const programs = await findPrograms({ engine, container: undefined, folder, mark: 'test/searched', signal });
    await makeBakingFolder(folder, programs.owner);
    const room: BakeRoom = { folder, programs, clock: systemClock, signal };
    await family.initialise(room);
    const pristine = await rememberFiles(folder.data);
    const write = (text: string): void => void world.lines.push(text);
    const call = { signal, log: silentLog(), doing: write, write };
    const { wanted, tableOf } = await fill({ name: 'staging', source, family, room, call });
    if (isAnew) {
      const last = await family.start(room, 'last');
      await last.stop();
      await family.trim(room);
    }
    const files = await changedFiles(folder.data, pristine);
    return await prove({ data: folder.data, files, wanted, columns: [], tableOf, signal });
  } finally {
    await clearBakingFolder(folder);
  }
}

for (const engine of realEngines) {
  describe(`masking by files of SQL alone with ${engine}`, { skip: noServer(engine) }, () => {
    test('the search looks for what they changed, and finds it where tables and logs were not made anew', async () => {
      const world = await goldenWorld(engine);
      try {
        const { values, found } = await searched(world, engine, true);
        assert.ok(values >= 400, `${values} values were looked for`);
        assert.deepEqual(found, []);
        assert.ok(world.lines.includes('the files masked logins.who, users.email\n'), world.lines.join('\n'));
        assert.match((await searched(world, engine, false)).found.join('\n'), /users\.email in /);
      } finally {
        await world.close();
      }
    });

    test('a bake says none is left, and fails where a file left copies in other words', async () => {
      const world = await goldenWorld(engine);
      try {
        await world.bake({ maskFiles: [await world.file('mask.sql', masking)] });
        assert.match(world.lines.join(''), /none of \d{3} values of 2 columns is in any file/);
        const copying = `CREATE TABLE notes (id int PRIMARY KEY, note text);\nINSERT INTO notes SELECT id, concat('mail to ', email) FROM users;\n${masking}`;
        const error = await world.bake({ maskFiles: [await world.file('copying.sql', copying)] }).then(
          () => assert.fail('the bake was complete'),
          (cause: unknown) => cause,
        );
        assert.equal(codeOf(error), 'golden/still-in-files', describeError(error));
        const later = { stamp: '20260102T000000Z' };
        await world.bake({ maskFiles: [await world.file('vain.sql', 'UPDATE old_values SET id = 1;')] }, later);
        assert.ok(world.lines.includes('the files masked nothing that could be looked for\n'));
        assert.deepEqual(world.left(), []);
      } finally {
        await world.close();
      }
    });
  });
}
