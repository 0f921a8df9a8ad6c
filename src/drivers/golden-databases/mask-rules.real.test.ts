import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import { goldenWorld, noServer, type RealEngine, realEngines } from './golden-test-world.ts';

const count = 20_000;
const list = (row: (id: number) => string): string =>
  Array.from({ length: count }, (_, index) => `(${row(index + 1)})`).join(',\n');
/** Longer than several pages, and not to be packed. */
const long = (id: number): string => {
  const words = Array.from({ length: 500 }, (_, at) => createHash('sha256').update(`${id} ${at}`).digest('base64'));
  return `Longhaired.Tapir${id} ${words.join(' ')} Tailmarker.Tapir${id}`;
};

/** All that columns can be: unique, empty, computed, of a foreign key, in many pieces, in indexes of words, in statistics. */
const dumpOf = (engine: RealEngine): string => {
  const isMaria = engine === 'mariadb';
  return `
CREATE TABLE people (id int PRIMARY KEY, mail varchar(80) NOT NULL UNIQUE, nick varchar(60) NOT NULL, phone varchar(30),
  street varchar(80) NOT NULL, born date, token varchar(64) UNIQUE, note ${isMaria ? 'LONGTEXT' : 'text'}, late varchar(60),
  mail_low varchar(80) GENERATED ALWAYS AS (lower(mail)) STORED${isMaria ? ', FULLTEXT (nick), FULLTEXT (note)' : ''});
CREATE INDEX by_low ON people (mail_low);
INSERT INTO people (id, mail, nick, phone, street, born, token, note, late) VALUES ${list(
    (id) =>
      `${id}, 'P${id}@Zebra-Farm.org', 'Quagga Okapi${id}', '+49 40 ${6_000_000 + id}', '${id} Tapir Alley', '1970-01-05', ${id % 3 === 0 ? 'NULL' : `'tokapi-${id}-tokapi'`}, ${id <= 20 ? `'${long(id)}'` : 'NULL'}, ${id === count ? `'latecomer-gnu-77'` : 'NULL'}`,
  )};
CREATE TABLE visits (id int PRIMARY KEY, mail varchar(80), FOREIGN KEY (mail) REFERENCES people (mail));
INSERT INTO visits VALUES ${list((id) => `${id}, 'P${id}@Zebra-Farm.org'`)};
CREATE TABLE calls (id int PRIMARY KEY, caller varchar(30)) PARTITION BY HASH (id)${
    isMaria
      ? ' PARTITIONS 2'
      : `;\nCREATE TABLE calls_0 PARTITION OF calls FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE calls_1 PARTITION OF calls FOR VALUES WITH (MODULUS 2, REMAINDER 1)`
  };
INSERT INTO calls VALUES ${list((id) => `${id}, '+49 40 ${6_000_000 + id}'`)};
${isMaria ? 'ANALYZE TABLE people PERSISTENT FOR ALL' : 'CREATE STATISTICS both_names (mcv) ON nick, street FROM people;\nANALYZE'};
`;
};

const rules = {
  'people.mail': 'mail',
  'people.nick': 'name',
  'people.phone': 'phone',
  'people.street': 'address',
  'people.born': 'null',
  'people.token': 'hash',
  'people.note': 'null',
  'people.late': 'hash',
  'visits.mail': 'mail',
  'calls.caller': 'phone',
} as const;

for (const engine of realEngines) {
  describe(`rules of masking with ${engine}`, { skip: noServer(engine) }, () => {
    test('all of them leave nothing, whatever the column is, and keys, joins and computed columns as they should be', async () => {
      const world = await goldenWorld(engine);
      try {
        const from = { by: 'file', path: await world.file('rules.sql', dumpOf(engine)) } as const;
        const { version } = await world.bake({ from, mask: rules });
        const said = world.lines.join('\n');
        for (const text of ['Zebra-Farm', 'Okapi', 'tokapi', '+49 40 6', 'Tapir', 'latecomer', 'Tailmarker'])
          assert.equal(world.countIn(version, text), 0, `${text} is gone`);
        assert.match(said, /values of 9 columns is in any file/);
        assert.doesNotMatch(said, /not looked for.*people\.late/, 'a column with one value among many is no exception');
        assert.doesNotMatch(said, /into a new one/, 'no file of the server had to be made once more');
        const [joined, computed, tokens, made] = await world.ask(
          version,
          'SELECT COUNT(*) FROM visits JOIN people ON visits.mail = people.mail',
          "SELECT COUNT(*) FROM people WHERE mail_low = lower(mail) AND mail LIKE 'u%@example.com'",
          'SELECT COUNT(token), COUNT(DISTINCT token), COUNT(born), COUNT(note), COUNT(late) FROM people',
          "SELECT COUNT(*) FROM people JOIN calls ON calls.caller = people.phone WHERE people.id = calls.id AND street LIKE '% Street' AND nick LIKE '% %'",
        );
        const kept = String(count - Math.floor(count / 3));
        const all = [[String(count)]];
        assert.deepEqual([joined, computed, tokens, made], [all, all, [[kept, kept, '0', '0', '1']], all]);
      } finally {
        await world.close();
      }
    });

    test('a rule that cannot be is told with its column: computed ones, and values that come to be the same', async () => {
      const world = await goldenWorld(engine);
      try {
        const from = { by: 'file', path: await world.file('rules.sql', dumpOf(engine)) } as const;
        for (const [code, column, rule] of [
          ['golden/rule-does-not-fit', 'people.mail_low', 'hash'],
          ['golden/mask-failed', 'people.token', 'name'],
        ] as const) {
          const error = await world.bake({ from, mask: { [column]: rule } }).then(
            () => assert.fail('the bake was complete'),
            (cause: unknown) => cause,
          );
          assert.equal(codeOf(error), code, describeError(error));
          assert.ok(describeError(error).includes(column), describeError(error));
          assert.deepEqual(world.left(), []);
        }
      } finally {
        await world.close();
      }
    });
  });
}
