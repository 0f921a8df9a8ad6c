import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall } from '../../../testing/builders.ts';
import { databaseWorld } from '../../../testing/database-world.ts';
import { fillWhole } from '../../../testing/fill-whole.ts';
import { noServer, userCount } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';

for (const engine of ['mariadb', 'postgres'] as const) {
  const skip = noServer(engine) || noPool('xfs');
  describe(`a file system without a byte left, and ${engine}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk('xfs', 1200);

    test('what ran there and ended is not thrown away: it waits for room, and goes on with all of its rows', async (context) => {
      const world = await databaseWorld({ engine, disk });
      context.after(() => world.close());
      const facts = await world.made();
      const rows = (sql: string): Promise<string[]> => ask(sql, { facts, password: world.passwordOf(world.claim) });
      await rows("INSERT INTO notes (text) VALUES ('before')");
      const filler = fillWhole(world.dataDir);
      context.after(() => filler.close());
      // Neither MariaDB nor PostgreSQL survives that its log cannot be written.
      await assert.rejects(async () => {
        for (;;) await rows('INSERT INTO notes (text) SELECT mail FROM users');
      });
      await world.killOnce();
      await world.settle(async () => {
        const seen = await world.current().observe(world.claim, world.spec(world.claim), aCall());
        assert.notEqual(seen.is, 'broken');
        return seen.is === 'arriving' && seen.note.startsWith('no room is left where its data');
      });
      const driver = await world.reopen();
      await world.settle(
        async () => (await driver.observe(world.claim, world.spec(world.claim), aCall())).is === 'arriving',
      );

      filler.close();
      const seen = await world.until('ready');
      assert.ok(seen.is === 'ready' && seen.facts['path'] === facts['path']);
      assert.deepEqual(await rows('SELECT COUNT(*) FROM users'), [String(userCount)]);
      assert.deepEqual(await rows("SELECT COUNT(*) FROM notes WHERE text = 'before'"), ['1']);
      await rows("UPDATE users SET mail = 'x'");
    });
  });
}
