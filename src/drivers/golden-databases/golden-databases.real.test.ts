import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { silentLog } from '../../../testing/silent-log.ts';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import { goldenManifestOf } from '../../kit/golden/golden-manifest.ts';
import type { GoldenSource } from './golden-source.ts';
import {
  allRules,
  dumpOf,
  type GoldenWorld,
  goldenWorld,
  noServer,
  people,
  type RealEngine,
  realEngines,
  served,
} from './golden-test-world.ts';

for (const engine of realEngines) {
  describe(`golden databases of ${engine}`, { skip: noServer(engine) }, () => {
    const inWorld = (name: string, act: (world: GoldenWorld) => Promise<void>): void =>
      void test(name, async () => {
        const world = await goldenWorld(engine);
        try {
          await act(world);
          assert.deepEqual(world.left(), [], 'nothing is left of a bake');
        } finally {
          await world.close();
        }
      });
    const failure = async (baking: Promise<unknown>): Promise<unknown> =>
      baking.then(
        () => assert.fail('the bake was complete'),
        (error: unknown) => error,
      );

    inWorld('a dump becomes a database that a server starts from', async (world) => {
      const { version, bytes } = await world.bake();
      assert.match(version, /^20260101T000000Z-[0-9a-f]{8}$/);
      const manifest = await goldenManifestOf(world.root, 'staging', version);
      assert.ok(manifest);
      assert.deepEqual(
        [manifest.engine, manifest.database, manifest.masked, manifest.bytes],
        [engine, 'app', false, bytes],
      );
      const [users, view] = await world.ask(
        version,
        'SELECT email FROM users WHERE id = 7',
        'SELECT n FROM user_count',
      );
      assert.deepEqual(users, [[people[6]?.email]]);
      assert.deepEqual(view, [['300']]);
      assert.ok(world.countIn(version, 'secret-host.org') >= people.length, 'without rules the data is as it was');
    });

    inWorld('what is masked is in no byte of any file, and joins still meet', async (world) => {
      const { version } = await world.bake({ mask: allRules, strict: true });
      for (const text of ['secret-host', 'Wilhelmina', 'Zwick', '+49 30 555', '172.23.77.'])
        assert.equal(world.countIn(version, text), 0, `${text} is gone`);
      assert.equal((await goldenManifestOf(world.root, 'staging', version))?.masked, true);
      const [joined, distinct, old, birthdays, names, phones, nobody] = await world.ask(
        version,
        'SELECT COUNT(*) FROM users JOIN logins ON who = email',
        'SELECT COUNT(DISTINCT email), COUNT(DISTINCT full_name) FROM users',
        'SELECT COUNT(*) FROM old_values',
        'SELECT COUNT(birthday) FROM users',
        'SELECT full_name FROM users WHERE id = 1',
        'SELECT phone FROM users WHERE id = 1',
        'SELECT full_name, phone FROM users WHERE id = 300',
      );
      assert.deepEqual(joined, [['300']], 'the same value got the same hash in both tables');
      assert.equal(distinct?.[0]?.[0], '300');
      assert.ok(Number(distinct?.[0]?.[1]) > 50, 'names are many');
      assert.deepEqual(old, [['0']], 'no trigger kept the old values');
      assert.deepEqual(birthdays, [['0']]);
      assert.match(String(names?.[0]?.[0]), /^[A-Z][a-z]+ [A-Z][a-z]+$/);
      assert.match(String(phones?.[0]?.[0]), /^\+999\d+$/);
      assert.deepEqual(nobody, [[null, '']], 'what was empty stays empty');
    });

    inWorld('triggers are there again after masking, and times of change stay as they were', async (world) => {
      const { version } = await world.bake({ mask: allRules });
      const changed = engine === 'mariadb' ? 'SELECT COUNT(*) FROM users WHERE changed_at > 20210101' : 'SELECT 0';
      const loud = engine === 'mariadb' ? 'SELECT 1' : 'SET session_replication_role = origin';
      const [touched, , , kept] = await world.ask(
        version,
        changed,
        loud,
        "UPDATE users SET state = 'y' WHERE id = 1",
        'SELECT COUNT(*) FROM old_values',
      );
      assert.deepEqual([touched, kept], [[['0']], [['1']]]);
    });

    if (engine === 'mariadb')
      inWorld(
        'what is only left in logs of the server goes too: the masked data is loaded once more',
        async (world) => {
          const aria = `CREATE TABLE guests (id int PRIMARY KEY, mail varchar(80)) ENGINE=Aria TRANSACTIONAL=1;
          INSERT INTO guests VALUES (1, 'guest.one@old-host.org'), (2, 'guest.two@old-host.org');`;
          const path = await world.file('aria.sql', dumpOf(engine) + aria);
          const { version } = await world.bake({ from: { by: 'file', path }, mask: { 'guests.mail': 'mail' } });
          assert.ok(world.lines.some((line) => line.includes('into a new one')));
          assert.equal(world.countIn(version, 'old-host'), 0);
          const [guests, users] = await world.ask(
            version,
            'SELECT COUNT(DISTINCT mail) FROM guests',
            'SELECT n FROM user_count',
          );
          assert.deepEqual([guests, users], [[['2']], [['300']]]);
        },
      );

    inWorld('SQL of the operator masks too, and its old values are gone as well', async (world) => {
      const file = await world.file(
        'mask.sql',
        "UPDATE users SET full_name = 'N. N.';\nUPDATE users SET phone = NULL;\n",
      );
      const { version } = await world.bake({ maskFiles: [file], mask: { 'users.full_name': 'name' } });
      assert.ok(world.lines.includes('the files masked users.phone\n'), world.lines.join('\n'));
      assert.equal(world.countIn(version, 'Wilhelmina'), 0);
      assert.equal(world.countIn(version, '+49 30 555'), 0);
      assert.deepEqual(await world.ask(version, 'SELECT DISTINCT full_name FROM users'), [[['N. N.']]]);
    });

    /** Columns that came later: the oldest rows, which a look at a table shows first, have nothing in them. */
    const lateColumns = async (world: GoldenWorld): Promise<GoldenSource['from']> => {
      const old = Array.from({ length: 600 }, (_, index) => `(${index + 1}, NULL, NULL, NULL, NULL)`).join(',');
      const path = await world.file(
        'late.sql',
        `${dumpOf(engine)}
CREATE TABLE customers (id int PRIMARY KEY, name varchar(60), mobile varchar(30), remark varchar(80), vat_phone varchar(9));
INSERT INTO customers VALUES ${old}, (601, 'Qwxz Vbnk', '12', 'please write to qwxz@secret-host.org', NULL);
CREATE TABLE products (id int PRIMARY KEY, name varchar(60));
INSERT INTO products VALUES (1, 'Hammer');`,
      );
      return { by: 'file', path };
    };

    inWorld('strict names every column that looks personal and has no rule', async (world) => {
      const error = await failure(world.bake({ strict: true, mask: { 'users.phone': 'phone' } }));
      assert.equal(codeOf(error), 'golden/unmasked-columns');
      for (const column of ['users.email', 'users.full_name', 'users.birthday', 'logins.who', 'logins.at_ip'])
        assert.match(describeError(error), new RegExp(column.replace('.', '\\.')));
      assert.doesNotMatch(describeError(error), /users\.(phone|state|id)|big_log/);
      const kept = Object.fromEntries(Object.keys(allRules).map((column) => [column, 'keep' as const]));
      await world.bake({ strict: true, mask: kept });
      const late = await failure(world.bake({ strict: true, mask: kept, from: await lateColumns(world) }));
      for (const column of ['customers.name', 'customers.mobile', 'customers.remark'])
        assert.match(describeError(late), new RegExp(column.replace('.', '\\.')));
      assert.doesNotMatch(describeError(late), /customers\.vat|products/);
    });

    inWorld('a bake that fails leaves the copy before as it was, and nothing of itself', async (world) => {
      const first = await world.bake({ mask: allRules });
      const before = readFileSync(join(world.root, 'staging', first.version, 'manifest.json'), 'utf8');
      const cut = gzipSync(dumpOf(engine)).subarray(0, 2000);
      const bad: readonly (readonly [string, Partial<GoldenSource>])[] = [
        ['data/fetch-failed', { from: { by: 'file', path: join(world.folder, 'nowhere.sql') } }],
        ['data/fetch-failed', { from: { by: 'file', path: world.folder } }],
        ['data/fetch-failed', { from: { by: 'file', path: await world.file('cut.sql.gz', cut) } }],
        ['data/load-failed', { from: { by: 'file', path: await world.file('bad.sql', 'CREATE TABEL x (id int);') } }],
        ['data/empty-dump', { from: { by: 'file', path: await world.file('empty.sql', 'SELECT 1;\n') } }],
        [
          'data/dump-failed',
          { from: { by: 'command', run: ['sh', '-c', 'echo "SELECT 1;"; exit 3'], directory: world.folder } },
        ],
        ['golden/unknown-column', { mask: { 'users.mail': 'mail' } }],
        ['golden/rule-does-not-fit', { mask: { 'users.birthday': 'mail' } }],
        ['golden/mask-file-failed', { maskFiles: [await world.file('bad-mask.sql', 'UPDATE nothing SET x = 1;')] }],
        ['golden/check-failed', { checks: ['SELECT 1 FROM users WHERE id < 0'] }],
        ['golden/check-failed', { checks: ['SELEKT'] }],
        ['golden/still-in-files', { mask: { 'users.email': 'hash' } }],
      ];
      for (const [code, changes] of bad) {
        const error = await failure(world.bake(changes, { stamp: '20260102T000000Z' }));
        assert.equal(codeOf(error), code, describeError(error));
        assert.deepEqual(world.left(), [], code);
      }
      assert.deepEqual(readdirSync(join(world.root, 'staging')), [first.version]);
      assert.equal(readFileSync(join(world.root, 'staging', first.version, 'manifest.json'), 'utf8'), before);
    });

    inWorld('dumps come from gzip, from a URL in several parts of zstd, and from a command', async (world) => {
      const plain = Buffer.from(dumpOf(engine));
      const parts = [plain.subarray(0, 9000), plain.subarray(9000)].map((part) => zstdCompressSync(part));
      await using address = await served(Buffer.concat(parts));
      const origins: readonly GoldenSource['from'][] = [
        { by: 'file', path: await world.file('a.gz', gzipSync(plain)) },
        { by: 'url', url: address.url },
        { by: 'command', run: ['cat', 'dump.sql'], directory: world.folder },
      ];
      for (const [index, from] of origins.entries()) {
        const { version } = await world.bake({ from }, { stamp: `2026010${index + 1}T000000Z` });
        assert.deepEqual(await world.ask(version, 'SELECT COUNT(*) FROM users'), [[['300']]]);
      }
    });

    inWorld('tables are left out, and of others some rows stay', async (world) => {
      const from = {
        by: 'file',
        path: await world.file('sample.sql', `${dumpOf(engine)}${keepsDeleted(engine)}`),
      } as const;
      const { version } = await world.bake({ from, leaveOut: ['big_*', 'gone'], sample: { logins: 10, seen_by: 5 } });
      const [log, logins, deleted] = await world.ask(
        version,
        'SELECT COUNT(*) FROM big_log',
        'SELECT MIN(id), MAX(id), COUNT(*) FROM logins',
        'SELECT COUNT(*) FROM deleted',
      );
      assert.deepEqual([log, logins], [[['0']], [['291', '300', '10']]]);
      assert.deepEqual(deleted, [['0']], 'no trigger kept what was left out');
      assert.equal(world.countIn(version, 'seen by guest 2'), 0, 'rows that do not stay are in no file');
      assert.ok(world.countIn(version, 'seen by guest 1') > 0);
      assert.ok(world.lines.includes('no table is called gone: nothing was left out for it\n'), world.lines.join('\n'));
    });

    inWorld('only the versions that are named are kept', async (world) => {
      const first = await world.bake({}, { stamp: '20260101T000000Z' });
      const second = await world.bake({}, { stamp: '20260102T000000Z' });
      const call = { signal: AbortSignal.timeout(60_000), log: silentLog() };
      await world.baker().keepOnly('staging', new Set([second.version]), call);
      assert.deepEqual(readdirSync(join(world.root, 'staging')), [second.version]);
      assert.equal(await world.baker().isThere?.('staging', first.version), false);
      assert.equal(await world.baker().isThere?.('staging', second.version), true);
    });

    inWorld('a bake that is stopped ends at once', async (world) => {
      const stopping = new AbortController();
      const baking = failure(world.bake({ mask: allRules }, { signal: stopping.signal }));
      setTimeout(() => stopping.abort(new Error('the server is stopping')), 700);
      await baking;
      assert.deepEqual(world.left(), []);
    });
  });
}

/** A trigger that keeps what is deleted, and rows that can be told in files. */
function keepsDeleted(engine: RealEngine): string {
  const rows = Array.from({ length: 2000 }, (_, index) => `(${index + 1}, 'seen by guest ${index < 1995 ? 2 : 1}')`);
  const table = `CREATE TABLE deleted (id int); CREATE TABLE seen_by (id int PRIMARY KEY, line varchar(40));
INSERT INTO seen_by VALUES ${rows.join(',')};`;
  return engine === 'mariadb'
    ? `${table}\nDELIMITER ;;\nCREATE TRIGGER keep_gone AFTER DELETE ON logins FOR EACH ROW INSERT INTO deleted VALUES (OLD.id) ;;\nDELIMITER ;\n`
    : `${table}
CREATE FUNCTION keep_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO deleted VALUES (OLD.id); RETURN OLD; END $$;
CREATE TRIGGER keep_gone AFTER DELETE ON logins FOR EACH ROW EXECUTE FUNCTION keep_gone();
ALTER TABLE logins ENABLE ALWAYS TRIGGER keep_gone;`;
}
