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

    test('noting the schema copies no table', { skip: opens }, () =>
      withOpened(async ({ snapshot, facts }) => {
        await snapshot();
        const upper = join(String(facts['path']), '..', 'upper', 'app');
        assert.deepEqual(existsSync(upper) ? readdirSync(upper).filter((name) => name.endsWith('.ibd')) : [], []);
      }),
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
