import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { databaseWorld } from '../../../testing/database-world.ts';
import { noServer } from '../../../testing/golden-database.ts';
import { noPool, type PoolKind, suiteDisk } from '../../../testing/pool-disk.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type SchemaDriver, schemaChanges, schemaSnapshots } from './schema-drivers.ts';

const manyRows = {
  mariadb: [
    'CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(80)) SELECT seq AS id, MD5(seq) AS note FROM seq_1_to_300000',
  ],
  postgres: [
    'CREATE TABLE orders_of_shop AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 300000) g',
    'ANALYZE orders_of_shop',
  ],
} as const;
const big = { mariadb: 'orders', postgres: 'orders_of_shop' } as const;
const migrations = {
  mariadb: [
    'ALTER TABLE orders ADD COLUMN coupon VARCHAR(40) NOT NULL DEFAULT "x", ADD INDEX by_note (note), ALGORITHM=COPY',
    "UPDATE orders SET note = CONCAT('secret-value', SLEEP(0.3)) WHERE id = 1",
  ],
  postgres: [
    'ALTER TABLE orders_of_shop ADD COLUMN coupon text NOT NULL DEFAULT md5(random()::text)',
    'CREATE INDEX by_note ON orders_of_shop (note)',
    "UPDATE orders_of_shop SET note = 'secret-value' || pg_sleep(0.3)::text WHERE id = 1",
  ],
} as const;

const labels = Array.from({ length: 60 }, (_, at) => `'label ${at}'`).join(',');
/** What is there before, what is done, and what is told of it; `true`: only where tables may be opened. */
const kinds: Readonly<
  Record<'mariadb' | 'postgres', { before: string[]; after: string[]; told: (readonly [RegExp, boolean?])[] }>
> = {
  mariadb: {
    before: [
      'CREATE TABLE parents (id INT PRIMARY KEY)',
      'CREATE TABLE parts (id INT PRIMARY KEY, parent INT, CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents (id))',
      `CREATE TABLE many (id INT PRIMARY KEY, label ENUM(${labels}), amount INT DEFAULT 1) CHARSET utf8mb3`,
      'CREATE TABLE yearly (y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (2020))',
      'CREATE TRIGGER old BEFORE INSERT ON parts FOR EACH ROW SET NEW.parent = 1',
      'CREATE TRIGGER stays BEFORE UPDATE ON parts FOR EACH ROW SET NEW.parent = 1',
      'CREATE TRIGGER gone BEFORE DELETE ON parts FOR EACH ROW SET @a = 1',
      'CREATE FUNCTION total() RETURNS INT RETURN 1',
      'CREATE FUNCTION stays() RETURNS INT RETURN 1',
      // When a routine was changed is written down in whole seconds.
      'DO SLEEP(1.1)',
    ],
    after: [
      'ALTER TABLE parts DROP FOREIGN KEY up',
      'ALTER TABLE parts ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE',
      'ALTER TABLE parts ADD CONSTRAINT positive CHECK (id > 0)',
      `ALTER TABLE many MODIFY label ENUM(${labels},'one more'), MODIFY amount INT DEFAULT 2`,
      'ALTER TABLE many CONVERT TO CHARACTER SET utf8mb4',
      'ALTER TABLE yearly ADD PARTITION (PARTITION p1 VALUES LESS THAN (2030))',
      'CREATE OR REPLACE TRIGGER old BEFORE INSERT ON parts FOR EACH ROW SET NEW.parent = 2',
      'CREATE TRIGGER audit AFTER INSERT ON parts FOR EACH ROW SET @a = 1',
      'DROP TRIGGER gone',
      'CREATE OR REPLACE FUNCTION total() RETURNS INT RETURN 2',
      'CREATE PROCEDURE tidy() SELECT 1',
    ],
    told: [
      [/key up .* → \(parent\) to parents \(id\) on delete cascade/, true],
      [/key positive check \(`id` > 0\) added/, true],
      [/column label defined anew|column label enum.* → enum/],
      [/column amount int.* default 1 → int.* default 2/],
      [/many.*: .*collation utf8mb3\w+ → utf8mb4/],
      [/yearly: partition p1 by range \(`y`\) 2030 added/, true],
      [/trigger old defined anew/],
      [/trigger audit after insert added/],
      [/trigger gone removed/],
      [/^total: function defined anew$/m],
      [/^procedure tidy added$/m],
    ],
  },
  postgres: {
    before: [
      'CREATE TABLE parents (id INT PRIMARY KEY)',
      'CREATE TABLE parts (id INT PRIMARY KEY, parent INT CONSTRAINT up REFERENCES parents, amount INT DEFAULT 1)',
      "CREATE TYPE mood AS ENUM ('sad')",
      'CREATE TABLE yearly (y INT) PARTITION BY RANGE (y)',
      'CREATE TABLE y2020 (y INT)',
      'CREATE FUNCTION total() RETURNS INT LANGUAGE SQL AS $$ SELECT 1 $$',
      'CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
      'CREATE TRIGGER stays BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION stays()',
      'CREATE TRIGGER gone BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION stays()',
      `CREATE VIEW long AS SELECT ${Array.from({ length: 400 }, (_, at) => `${at} AS column_${at}`).join(', ')}`,
    ],
    after: [
      'ALTER TABLE parts DROP CONSTRAINT up',
      'ALTER TABLE parts ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents ON DELETE CASCADE',
      'ALTER TABLE parts ADD CONSTRAINT positive CHECK (id > 0), ALTER amount SET DEFAULT 2',
      "ALTER TYPE mood ADD VALUE 'glad'",
      'ALTER TABLE yearly ATTACH PARTITION y2020 FOR VALUES FROM (2020) TO (2021)',
      'CREATE OR REPLACE FUNCTION total() RETURNS INT LANGUAGE SQL AS $$ SELECT 2 $$',
      'CREATE TRIGGER audit AFTER INSERT ON parents EXECUTE FUNCTION stays()',
      'DROP TRIGGER gone ON parts',
      'CREATE PROCEDURE tidy(a INT) LANGUAGE SQL AS $$ SELECT 1 $$',
      `CREATE OR REPLACE VIEW long AS SELECT ${Array.from({ length: 400 }, (_, at) => `${at === 399 ? 0 : at} AS column_${at}`).join(', ')}`,
    ],
    told: [
      [/key up .* → FOREIGN KEY .* ON DELETE CASCADE/],
      [/key positive CHECK .* added/],
      [/column amount integer default 1 → integer default 2/],
      [/^mood: type \(sad\) → \(sad, glad\)$/m],
      [/y2020: .*partition of yearly FOR VALUES FROM \(2020\) TO \(2021\) added/],
      [/^total\(\): function defined anew$/m],
      [/parents: trigger audit added/],
      [/trigger gone removed/],
      [/^procedure tidy\(.*\) added$/m],
      [/^long: view defined anew$/m],
    ],
  },
};

for (const [engine, kind] of [
  ['mariadb', 'plain'],
  ['mariadb', 'xfs'],
  ['postgres', 'plain'],
] as const satisfies readonly (readonly ['mariadb' | 'postgres', PoolKind])[]) {
  const skip = noServer(engine) || noPool(kind);
  describe(`what migrations change in ${engine} on ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 2000);
    /** Over an overlay a table that is opened is copied. */
    const opens = engine === 'postgres' || kind !== 'plain';

    async function opened() {
      const world = await databaseWorld({ engine, disk });
      const warned: string[] = [];
      const log = {
        ...silentLog(),
        warn: (event: string, about?: object) => void warned.push(event, JSON.stringify(about)),
      };
      const options = { ...world.options, log };
      const [before, after] = [schemaSnapshots(options), schemaChanges(options)];
      const facts = await world.made();
      const place = (): JsonObject => {
        const names = ['engine', 'socket', 'port', 'user', 'database', 'path', 'method'];
        const password = { secret: `service.${world.claim.environment}.db` };
        return { ...Object.fromEntries(names.map((name) => [name, facts[name] ?? null])), password };
      };
      const made = async (driver: SchemaDriver, role: string, spec: JsonObject): Promise<JsonObject> => {
        const claim = aClaim({ role });
        await driver.create(claim, spec, aCall());
        let facts: JsonObject | undefined;
        await world.settle(async () => {
          const seen = await driver.observe(claim, spec, aCall());
          if (seen.is === 'ready') facts = seen.facts;
          return facts !== undefined;
        });
        assert.deepEqual(warned, [], 'every look succeeds the first time');
        return facts ?? {};
      };
      const snapshot = async () => String((await made(before, 'db-schema.3f9a2c1d', place()))['path']);
      const changes = (schema: string, since: number, n = 1) =>
        made(after, `db-changes.0000000${n}`, {
          ...place(),
          revision: aSha(n),
          schema,
          statementLog: facts['statementLog'] ?? '',
          since,
          until: Date.now(),
        });
      const run = (sql: string) => ask(sql, { facts, password: world.passwordOf(world.claim) });
      return { world, facts, snapshot, changes, run, close: () => Promise.all([before.close(), after.close()]) };
    }
    const withOpened = async (work: (one: Awaited<ReturnType<typeof opened>>) => Promise<void>): Promise<void> => {
      const one = await opened();
      try {
        await work(one);
      } finally {
        await one.close();
        await one.world.close();
      }
    };
    const sentencesOf = ({ changes }: JsonObject): string[] =>
      (changes as { sentence: string }[]).map((one) => one.sentence);

    test('a table that is rewritten, an index, a long update and a new table are told; what was told to them is not', () =>
      withOpened(async ({ snapshot, changes, run }) => {
        for (const sql of manyRows[engine]) await run(sql);
        const schema = await snapshot();
        const since = Date.now();
        for (const sql of migrations[engine]) await run(sql);
        await run('CREATE TABLE baskets (id INT PRIMARY KEY, size INT)');
        await run('DROP TABLE notes');
        const found = await changes(schema, since);
        const sentences = sentencesOf(found).join('\n');
        assert.match(sentences, new RegExp(`ALTER on ${big[engine]} rewrote [\\d,]+ rows, [\\d.]+ s: column coupon`));
        assert.match(sentences, opens ? /index by_note \(note\) added/ : /index on note added/);
        assert.match(sentences, /^table baskets added, 2 columns, 1 index$/m);
        assert.match(sentences, /^table notes removed$/m);
        const text = JSON.stringify(found);
        assert.doesNotMatch(text, /secret-value/);
        assert.match(text, /UPDATE orders/);
      }));

    test('nothing is told when nothing changed, and what an earlier commit changed is told with the later ones too', () =>
      withOpened(async ({ snapshot, changes, run }) => {
        const schema = await snapshot();
        const nothing = await changes(schema, Date.now() + 60_000);
        assert.deepEqual([nothing['changes'], nothing['slow']], [[], []]);
        const since = Date.now();
        await run('ALTER TABLE users ADD COLUMN age INT');
        await run(engine === 'mariadb' ? 'SELECT SLEEP(0.3)' : 'SELECT pg_sleep(0.3)');
        await changes(schema, since, 2);
        const later = await changes(schema, Date.now() + 60_000, 3);
        assert.match(sentencesOf(later)[0] ?? '', /^users: column age int\S* added|integer added$/);
        assert.match(JSON.stringify(later['slow']), /sleep/i);
      }));

    test('a change of every other kind is told, also over an overlay where no table need be opened', () =>
      withOpened(async ({ snapshot, changes, run, facts }) => {
        for (const sql of kinds[engine].before) await run(sql);
        const schema = await snapshot();
        for (const sql of kinds[engine].after) await run(sql);
        const sentences = sentencesOf(await changes(schema, Date.now() + 60_000)).join('\n');
        for (const [told, needsOpen = false] of kinds[engine].told)
          if (opens || !needsOpen) assert.match(sentences, told, `${told} of ${facts['method']}:\n${sentences}`);
        assert.doesNotMatch(sentences, /stays|\0/);
      }));

    test('noting the schema copies no table', { skip: opens }, () =>
      withOpened(async ({ snapshot, facts }) => {
        await snapshot();
        const upper = join(String(facts['path']), '..', 'upper', 'app');
        assert.deepEqual(existsSync(upper) ? readdirSync(upper).filter((name) => name.endsWith('.ibd')) : [], []);
      }),
    );

    test(
      'what took long is said in English, whatever language the machine speaks',
      { skip: engine === 'mariadb' },
      () => withOpened(async ({ run }) => assert.deepEqual(await run('SHOW lc_messages'), ['C'])),
    );

    test('a log of statements that was emptied is written from its beginning', { skip: engine === 'postgres' }, () =>
      withOpened(async ({ world, run, facts }) => {
        const log = String(facts['statementLog']);
        const written = (what: RegExp) => world.settle(async () => what.test(readFileSync(log, 'utf8')));
        await run('SELECT SLEEP(0.25)');
        await written(/SLEEP/);
        truncateSync(log);
        await run('SELECT SLEEP(0.25), 7');
        await written(/^# (?:Time|User@Host): [^\0]*SELECT SLEEP\(0\.25\), 7;\n$/);
      }),
    );
  });
}
