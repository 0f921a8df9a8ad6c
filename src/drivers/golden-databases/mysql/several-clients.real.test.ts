import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { WizardError } from '../../../domain/wizard-error.ts';
import { systemClock } from '../../../kit/clock.ts';
import { lastLinesOf } from '../../../kit/command-output.ts';
import { openCommand } from '../../../kit/dumps/open-command.ts';
import { bodyDump, type OpenDump } from '../../../kit/dumps/open-dump.ts';
import { pour } from '../../../kit/dumps/pour.ts';
import { bakingFolder, clearBakingFolder, makeBakingFolder } from '../baking-folder.ts';
import type { BakeRoom, Session } from '../engine-family.ts';
import { familyOf } from '../families.ts';
import { type GoldenWorld, goldenWorld, noServer } from '../golden-test-world.ts';
import { findPrograms } from '../programs.ts';
import { severalClients } from './several-clients.ts';

const family = familyOf('mariadb');
const signal = AbortSignal.timeout(280_000);
/** Letters that dumps write otherwise, and lines that look like those of a dump. */
const nasty = String.raw`CONCAT('\n--\n-- Dumping data for table \`orders\`\n--\n', ';\n', '\r\n\0\Z\'"\\', "INSERT INTO \`users\` VALUES\n(1);\n", REPEAT('ü', seq % 300))`;
const source = `
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT, bits BLOB, length INT AS (LENGTH(note)) STORED, UNIQUE (note(40), id));
INSERT INTO users (id, note, bits) SELECT seq, ${nasty}, UNHEX(REPEAT(LPAD(HEX(seq % 256), 2, '0'), 60)) FROM seq_1_to_8000;
CREATE TABLE orders (id INT PRIMARY KEY, user INT NOT NULL, at TIMESTAMP NOT NULL, FOREIGN KEY (user) REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO orders SELECT seq, seq % 8000 + 1, FROM_UNIXTIME(1.6e9 + seq) FROM seq_1_to_60000;
CREATE TABLE \`odd \`\`name\` (id INT PRIMARY KEY, big LONGTEXT);
INSERT INTO \`odd \`\`name\` SELECT seq, REPEAT(CONCAT(seq, 'x;'), 500000) FROM seq_1_to_3;
CREATE TABLE heap_like (line VARCHAR(80)); INSERT INTO heap_like SELECT CONCAT('line ', seq) FROM seq_1_to_5000;
CREATE TABLE isam (id INT PRIMARY KEY, line VARCHAR(80), KEY (line)) ENGINE=MyISAM;
INSERT INTO isam SELECT seq, CONCAT('line ', seq) FROM seq_1_to_5000;
CREATE TABLE seen (id INT PRIMARY KEY AUTO_INCREMENT, of_user INT);
CREATE TABLE parted (id INT PRIMARY KEY, x INT) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO parted SELECT seq, seq FROM seq_1_to_60000;
CREATE SEQUENCE numbers START WITH 5;
CREATE VIEW a_view AS SELECT COUNT(*) AS n, 'a\n--\n-- b' AS t FROM users;
CREATE TRIGGER see AFTER INSERT ON users FOR EACH ROW INSERT INTO seen (of_user) VALUES (NEW.id);
DELIMITER ;;
CREATE PROCEDURE works() BEGIN

--
-- Dumping data for table \`users\`
--
INSERT INTO \`users\` VALUES (1);
END ;;
DELIMITER ;
`;

interface World {
  readonly golden: GoldenWorld;
  readonly room: BakeRoom;
  readonly session: Session;
}

async function openWorld(): Promise<World> {
  const golden = await goldenWorld('mariadb');
  const folder = bakingFolder(golden.root, 'clients');
  const about = { engine: 'mariadb', container: undefined, folder, mark: 'test/clients', signal } as const;
  const programs = await findPrograms(about);
  await makeBakingFolder(folder, programs.owner);
  const room: BakeRoom = { folder, programs, clock: systemClock, signal };
  await family.initialise(room);
  await family.start(room, 'load');
  const session = await family.session(room);
  await session.query('CREATE DATABASE source');
  const { argv, env, cwd } = room.programs.call('mariadb', [...loginOf(room), 'source'], { as: 'us' });
  execFileSync(argv[0] ?? '', argv.slice(1), { input: source, cwd, env: { ...process.env, ...env } });
  return { golden, room, session };
}

const loginOf = ({ folder }: BakeRoom): string[] => ['--no-defaults', `--socket=${folder.run}/s`, '--user=root'];

function dumpedBy({ room }: World, options: readonly string[]): Buffer {
  const words = [...loginOf(room), '--routines', '--events', ...options, 'source'];
  const { argv, env, cwd } = room.programs.call('mariadb-dump', words, { as: 'us' });
  return execFileSync(argv[0] ?? '', argv.slice(1), { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 28 });
}

const failed = (what: string): WizardError => new WizardError(what, { code: 'data/fetch-failed', remedy: 'fix-setup' });

/** Loads it into a database of this name. Answers how many clients did it. */
async function loaded({ room, session }: World, database: string, bytes: Buffer): Promise<number> {
  await session.query(`DROP DATABASE IF EXISTS ${database}`);
  await session.query(`CREATE DATABASE ${database}`);
  let clients = 0;
  const load = severalClients(() => {
    clients += 1;
    return openCommand(family.client(room, database, 'dump'), 'loading the dump', () => undefined);
  }, 3);
  const dump: OpenDump = await bodyDump(Readable.from([bytes]), signal, failed);
  const { bytes: count } = await pour('source', dump, load, { signal, progress: () => undefined });
  assert.ok(count > 0);
  return clients;
}

/** All that is in a database, but its name. */
async function contents({ session }: World, database: string): Promise<string> {
  await session.query(`USE ${database}`);
  const names = await session.query(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW' ORDER BY 1",
  );
  const found: string[] = [];
  for (const [name = ''] of names) {
    const quoted = `\`${name?.replaceAll('`', '``')}\``;
    found.push(JSON.stringify((await session.query(`CHECKSUM TABLE ${quoted}`)).map(([, sum]) => [name, sum])));
    found.push(JSON.stringify(await session.query(`SHOW CREATE TABLE ${quoted}`)));
  }
  for (const what of ['VIEW a_view', 'TRIGGER see', 'PROCEDURE works'])
    found.push(JSON.stringify((await session.query(`SHOW CREATE ${what}`))[0]?.slice(0, 3)).replaceAll(database, 'DB'));
  found.push(JSON.stringify(await session.query('SELECT line FROM heap_like')));
  return found.join('\n').replaceAll(/ AUTO_INCREMENT=\d+/g, '');
}

describe('a dump of mariadb that several clients load', { skip: noServer('mariadb') }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(async () => {
    await world.session.close();
    await clearBakingFolder(world.room.folder);
    await world.golden.close();
  });

  test('is what one client would have made of it, whatever it was dumped with', async () => {
    const wanted = await contents(world, 'source');
    for (const options of [
      ['--single-transaction', '--quick'],
      ['--no-autocommit', '--hex-blob', '--complete-insert'],
      ['--skip-add-locks', '--skip-disable-keys', '--net-buffer-length=16384'],
    ]) {
      const clients = await loaded(world, 'copy', dumpedBy(world, options));
      assert.ok(clients > 2, `${clients} clients, ${options.join(' ')}`);
      assert.equal(await contents(world, 'copy'), wanted, options.join(' '));
      assert.deepEqual(await world.session.query('SELECT COUNT(*) FROM seen'), [['0']], 'no trigger acted');
    }
  });

  test('also when it chooses its database itself, and when one client has to do', async () => {
    const wanted = await contents(world, 'source');
    const dump = dumpedBy(world, ['--databases']).toString('latin1');
    const other = Buffer.from(dump.replaceAll(/^(USE|CREATE DATABASE)( .*)?`source`/gm, '$1$2`chosen`'), 'latin1');
    assert.ok((await loaded(world, 'unused', gzipSync(other))) > 2);
    assert.equal(await contents(world, 'chosen'), wanted);
    assert.equal(await loaded(world, 'plain', dumpedBy(world, ['--skip-comments'])), 1);
    assert.equal(await contents(world, 'plain'), wanted);
  });

  test('fails with what the server said to the client that it refused', async () => {
    const dump = dumpedBy(world, []).toString('latin1');
    const at = dump.lastIndexOf('INSERT INTO `parted`');
    const bad = Buffer.from(`${dump.slice(0, at)}INSERT INTO \`parted\` VALUES (1,2,3);\n${dump.slice(at)}`, 'latin1');
    const error: unknown = await loaded(world, 'bad', bad).catch((cause: unknown) => cause);
    assert.match(lastLinesOf(error).join('\n'), /Column count doesn't match/);
  });
});
