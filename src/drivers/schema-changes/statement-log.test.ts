import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskLiterals } from './mask-literals.ts';
import { mysqlStatements, postgresStatements, ranWithin } from './statement-log.ts';

const mariadb = `/usr/sbin/mariadbd, Version: 10.11 started with:
Time\t\t    Id Command\tArgument
# Time: 260102  3:04:05
# User@Host: app[app] @ localhost []
# Thread_id: 5  Schema: app  QC_hit: No
# Query_time: 38.250000  Lock_time: 0.000100  Rows_sent: 0  Rows_examined: 2100000
# Rows_affected: 2100000  Bytes_sent: 0
use app;
SET timestamp=1767323045;
ALTER TABLE \`orders\`
  ADD COLUMN coupon VARCHAR(40) DEFAULT 'hush';
# User@Host: app[app] @ localhost []
# Query_time: 0.300000  Lock_time: 0.000000  Rows_sent: 0  Rows_examined: 12
SET timestamp=1767323046;
DELETE FROM users WHERE mail = 'a@b.example' AND id IN (1, 2, 3);
# User@Host: app[app] @ localhost []
# Query_time: 0.300000  Lock_time: 0.000000  Rows_sent: 0  Rows_examined: 0
SET timestamp=1767323046;
# administrator command: Quit;
`;

test('the slow log of MariaDB is read with times and rows, without what was told to the statements', () => {
  assert.deepEqual(mysqlStatements(mariadb), [
    {
      at: 1_767_323_045_000,
      ms: 38_250,
      rows: 2_100_000,
      sql: 'ALTER TABLE `orders` ADD COLUMN coupon VARCHAR(40) DEFAULT ?',
      table: 'orders',
    },
    { at: 1_767_323_046_000, ms: 300, rows: 12, sql: 'DELETE FROM users WHERE mail = ? AND id IN (?, …)' },
  ]);
});

test('what PostgreSQL says of long statements is read, and nothing else that it says', () => {
  const log = `2026-01-02 03:04:05.678 GMT [12] LOG:  database system is ready to accept connections
2026-01-02 03:04:06.000 GMT [13] LOG:  duration: 1200.500 ms  statement: CREATE INDEX CONCURRENTLY by_note
\tON public.orders (note)
2026-01-02 03:04:07.000 GMT [13] LOG:  duration: 250.000 ms  execute a1: UPDATE "orders" SET note = $1 WHERE id = 7
2026-01-02 03:04:07.000 GMT [13] DETAIL:  Parameters: $1 = 'hush'
`;
  assert.deepEqual(
    postgresStatements(log).map(({ at: _, ...one }) => one),
    [
      { ms: 1201, sql: 'CREATE INDEX CONCURRENTLY by_note ON public.orders (note)', table: 'orders' },
      { ms: 250, sql: 'UPDATE "orders" SET note = $1 WHERE id = ?' },
    ],
  );
});

test('a statement counts when it ran with the release steps', () => {
  const at = (time: number) => ({ at: time, ms: 1, sql: '' });
  assert.ok(ranWithin(at(9000), 10_000, 20_000), 'whole seconds');
  assert.ok(!ranWithin(at(7000), 10_000, 20_000));
  assert.ok(!ranWithin(at(22_000), 10_000, 20_000));
});

for (const [family, sql, masked] of [
  ['mysql', `SELECT 'it\\'s' , "two", 'a''b', 0xFF, -1.5, col1`, 'SELECT ?, ?, ?, ?, ?, col1'],
  ['mysql', "INSERT INTO t VALUES (1, 'a'), (2, 'b')", 'INSERT INTO t VALUES (?, …), …'],
  ['mysql', "UPDATE `it's` SET a = 'cut off", "UPDATE `it's` SET a = ?"],
  ['mysql', "SELECT 1 -- it's\n, 'b' # 'c'\n/* 'd' */ FROM t", 'SELECT ?, ? FROM t'],
  ['mysql', "CREATE USER 'a'@'b' IDENTIFIED BY 'hush'", 'CREATE USER ?@? IDENTIFIED BY ?'],
  ['postgres', `SELECT 'back\\', "it's", E'it\\'s', $$hush$$, $a$hu'sh$a$, $1`, `SELECT ?, "it's", ?, ?, ?, $1`],
  ['postgres', 'ALTER TABLE t ALTER c TYPE numeric(10,2)', 'ALTER TABLE t ALTER c TYPE numeric(10,2)'],
] as const) {
  test(`masked: ${sql.slice(0, 40).replaceAll('\n', ' ')}`, () => {
    assert.equal(maskLiterals(sql, family).replaceAll(' ,', ','), masked);
  });
}

test('a long hostile statement is masked quickly, and bounded', () => {
  const began = performance.now();
  for (const bad of [
    "'".repeat(50_000),
    '/*'.repeat(25_000),
    '(?,'.repeat(20_000),
    '$a'.repeat(25_000),
    "\\'".repeat(20_000),
  ])
    for (const family of ['mysql', 'postgres'] as const) assert.ok(maskLiterals(bad, family).length <= 300);
  assert.ok(performance.now() - began < 2000);
});
