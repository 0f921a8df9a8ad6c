import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dumpSplitter } from './split-dump.ts';

const header = `/*M!999999\\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: app
-- ------------------------------------------------------

/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
`;
interface TableAbout {
  readonly key?: string;
  readonly engine?: string;
  readonly before?: string;
}
const tableOf = (
  name: string,
  inserts: readonly string[],
  { key = '  PRIMARY KEY (`id`)', engine = 'InnoDB', before = `LOCK TABLES \`${name}\` WRITE;\n` }: TableAbout = {},
): string => `
--
-- Table structure for table \`${name}\`
--

DROP TABLE IF EXISTS \`${name}\`;
CREATE TABLE \`${name}\` (
  \`id\` int(11) NOT NULL,
${key}
) ENGINE=${engine} DEFAULT CHARSET=utf8mb4;

--
-- Dumping data for table \`${name}\`
--

${before}/*!40000 ALTER TABLE \`${name}\` DISABLE KEYS */;
${inserts.map((rows) => `INSERT INTO \`${name}\` VALUES\n${rows};\n`).join('')}/*!40000 ALTER TABLE \`${name}\` ENABLE KEYS */;
UNLOCK TABLES;
`;
const trigger = `DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON \`a\` FOR EACH ROW BEGIN

--
-- Dumping data for table \`a\`
--
INSERT INTO \`a\` VALUES
(9);
END ;;
DELIMITER ;
`;
const end = '/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n-- Dump completed on 2026-01-01\n';
const rows = [
  '(1,"-- Dumping data for table `b`"),\n(2,"x;")',
  '(3,"\\n--\\n-- Table structure for table `c`\\n"),\n(4,";")',
  '(5,"")',
];

/** What goes to whom, when the dump comes in pieces of these sizes. */
function split(text: string, sizes: readonly number[] = [text.length]) {
  const splitter = dumpSplitter();
  const all = Buffer.from(text);
  const pieces: { to: string; text: string; begins: boolean }[] = [];
  const hear = (found: ReturnType<typeof splitter.take>): void => {
    for (const { to, bytes, begins } of found) pieces.push({ to, begins, text: bytes.toString() });
  };
  for (let at = 0, nth = 0; at < all.length; nth += 1) {
    const next = at + (sizes[nth % sizes.length] ?? all.length);
    hear(splitter.take(Buffer.from(all.subarray(at, next))));
    at = next;
  }
  hear(splitter.rest());
  const textTo = (who: string): string => pieces.flatMap(({ to, text: one }) => (to === who ? [one] : [])).join('');
  return { pieces, one: textTo('one'), any: textTo('any'), settings: splitter.settings() };
}
const unlocked = (text: string): string => text.replaceAll(/^(UN)?LOCK TABLES.*\n/gm, '');

test('rows of a table go to any but the first statement, everything else to one, in whatever pieces it comes', () => {
  const dump = `${header}${tableOf('a', rows)}${trigger}${tableOf('b', rows)}${end}`;
  const whole = split(dump);
  assert.equal(
    whole.any,
    [...rows.slice(1), ...rows.slice(1)]
      .map((one, index) => `INSERT INTO \`${index < 2 ? 'a' : 'b'}\` VALUES\n${one};\n`)
      .join(''),
  );
  assert.equal(whole.settings, "/*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n");
  assert.equal(whole.pieces.map(({ text }) => text).join(''), unlocked(dump));
  assert.match(whole.one, /BEGIN\n\n--\n-- Dumping data for table `a`\n--\nINSERT INTO `a` VALUES\n\(9\);\nEND ;;/);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 }), (sizes) => {
      const { one, any, pieces } = split(dump, sizes);
      assert.deepEqual([one, any], [whole.one, whole.any]);
      assert.equal(pieces.filter(({ begins }) => begins).length, 4);
      assert.equal(pieces.map(({ text }) => text).join(''), unlocked(dump));
    }),
  );
});

test('rows whose order may count, and sections that are not as they should be, are all for one', () => {
  const plain: readonly (readonly [string, string])[] = [
    ['no key', tableOf('a', rows, { key: '  KEY `other` (`id`)' })],
    ['another engine', tableOf('a', rows, { engine: 'MyISAM' })],
    ['versioned', tableOf('a', rows, { key: '  PRIMARY KEY (`id`)', engine: 'InnoDB WITH SYSTEM VERSIONING' })],
    ['something unknown', tableOf('a', rows, { before: 'SET @a = 1;\n' })],
  ];
  for (const [what, table] of plain) {
    const dump = `${header}${table}${end}`;
    assert.equal(split(dump).any, '', what);
    assert.equal(unlocked(split(dump).one), unlocked(dump), what);
  }
});

test('a database that the dump chooses is chosen by all', () => {
  const dump = `${header}\n--\n-- Current Database: \`shop\`\n--\n\nUSE \`shop\`;\n${tableOf('a', rows)}${end}`;
  assert.match(split(dump).settings, /TIME_ZONE='\+00:00' \*\/;\nUSE `shop`;\n$/);
});

test('what is no dump of mysqldump stays as it is', () => {
  for (const text of ['', 'x', `${tableOf('a', rows)}${trigger}`, `-- phpMyAdmin SQL Dump\n${tableOf('a', rows)}`])
    assert.deepEqual([split(text, [7]).one, split(text, [7]).any], [text, '']);
});
