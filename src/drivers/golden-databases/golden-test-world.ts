import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realPart } from '../../../testing/real-part.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import type { BakedImage, DataBaker } from '../../ports/data-bakes.ts';
import { type BakingFolder, bakingFolder, clearBakingFolder, makeBakingFolder } from './baking-folder.ts';
import type { BakeRoom, Rows } from './engine-family.ts';
import { familyOf } from './families.ts';
import { goldenDatabases } from './golden-databases.ts';
import type { GoldenSource } from './golden-source.ts';
import { findPrograms } from './programs.ts';

export type RealEngine = 'mariadb' | 'postgres';
export const realEngines = ['mariadb', 'postgres'] as const;

const isInstalled = (engine: RealEngine): boolean => {
  const paths =
    engine === 'mariadb'
      ? ['/usr/sbin']
      : readFolder('/usr/lib/postgresql').map((name) => `/usr/lib/postgresql/${name}/bin`);
  return paths.some((path) => readFolder(path).includes(engine === 'mariadb' ? 'mariadbd' : 'postgres'));
};
const readFolder = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};
export const noServer = (engine: RealEngine): string | false =>
  realPart(`${engine} is not installed`, isInstalled(engine));

/** People as staging has them, with what only they have. */
export const people = Array.from({ length: 300 }, (_, index) => ({
  id: index + 1,
  email: `Person.Nr${index + 1}@secret-host.org`,
  name: `Wilhelmina Zwick${index + 1}`,
  phone: `+49 30 ${5_550_000 + index}`,
}));

/** The last one has no name and an empty number. */
const rows = people.map(({ id, email, name, phone }) =>
  id === people.length
    ? `(${id}, '${email}', NULL, '', NULL, 'x')`
    : `(${id}, '${email}', '${name}', '${phone}', '1970-03-0${1 + (id % 9)}', 'x')`,
);

/** A dump as people make them: joins by mail address, a trigger that keeps old values, a view, a table that nobody needs. */
export const dumpOf = (engine: RealEngine): string => `
CREATE TABLE users (id int PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, full_name varchar(60), phone varchar(30), birthday date, state varchar(10)${
  engine === 'mariadb'
    ? ", changed_at timestamp NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP"
    : ''
});
CREATE INDEX by_name ON users (full_name);
INSERT INTO users (id, email, full_name, phone, birthday, state) VALUES ${rows.join(',\n')};
CREATE TABLE logins (id int PRIMARY KEY, who varchar(80), at_ip varchar(40));
INSERT INTO logins VALUES ${people.map(({ id, email }) => `(${id}, '${email.toLowerCase()}', '172.23.77.${id % 250}')`).join(',')};
CREATE TABLE big_log (id int PRIMARY KEY, line varchar(40));
INSERT INTO big_log VALUES ${people.map(({ id }) => `(${id}, 'line ${id}')`).join(',')};
CREATE TABLE old_values (id int, email varchar(80));
CREATE VIEW user_count AS SELECT COUNT(*) AS n FROM users;
${
  engine === 'mariadb'
    ? `DELIMITER ;;\nCREATE TRIGGER keep_old BEFORE UPDATE ON users FOR EACH ROW INSERT INTO old_values VALUES (OLD.id, OLD.email) ;;\nDELIMITER ;`
    : `CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO old_values VALUES (OLD.id, OLD.email); RETURN NEW; END $$;
CREATE TRIGGER keep_old BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_old();`
}
`;

export const allRules = {
  'users.email': 'hash',
  'users.full_name': 'name',
  'users.phone': 'phone',
  'users.birthday': 'null',
  'logins.who': 'hash',
  'logins.at_ip': 'null',
  'old_values.email': 'hash',
} as const;

export interface GoldenWorld {
  readonly folder: string;
  readonly root: string;
  readonly lines: string[];
  /** Writes a file into the world's folder and answers its path. */
  file(name: string, bytes: string | Uint8Array): Promise<string>;
  bake(
    changes?: Partial<GoldenSource>,
    about?: { readonly stamp?: string; readonly signal?: AbortSignal },
  ): Promise<BakedImage>;
  baker(changes?: Partial<GoldenSource>): DataBaker;
  /** Asks a server that is started over a throw-away copy of a version. */
  ask(version: string, ...statements: readonly string[]): Promise<Rows[]>;
  /** How often a text stands in the files of a version, with any case. */
  countIn(version: string, text: string): number;
  /** What a bake must not leave: processes and folders. */
  left(): string[];
  close(): Promise<void>;
}

export async function goldenWorld(engine: RealEngine, place = tmpdir()): Promise<GoldenWorld> {
  const folder = await mkdtemp(join(place, 'wizard-golden-world-'));
  chmodSync(folder, 0o755);
  const root = join(folder, 'golden-databases');
  const file = async (name: string, bytes: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const dump = await file('dump.sql', dumpOf(engine));
  const lines: string[] = [];
  const plain: GoldenSource = {
    ...{ engine, from: { by: 'file', path: dump }, leaveOut: [], sample: {}, mask: {}, maskFiles: [] },
    ...{ strict: false, checks: [], masked: false },
  };
  const baker = (changes: Partial<GoldenSource> = {}): DataBaker =>
    goldenDatabases({ root, instance: 'test', sources: { staging: { ...plain, ...changes } }, clock: systemClock });
  return {
    ...{ folder, root, lines, file, baker },
    bake: (changes, { stamp = '20260101T000000Z', signal = AbortSignal.timeout(300_000) } = {}) =>
      baker(changes).bake(
        { source: 'staging', stamp },
        { signal, log: silentLog(), doing: (what) => lines.push(what), write: (text) => lines.push(text) },
      ),
    ask: (version, ...statements) => askCopy(engine, root, version, statements),
    countIn(version, text) {
      const argv = ['-r', '-a', '-i', '-o', '-F', '-h', '--', text, join(root, 'staging', version, 'data')];
      try {
        return execFileSync('grep', argv, { encoding: 'latin1', maxBuffer: 2 ** 28 }).split('\n').length - 1;
      } catch (error) {
        if (error instanceof Error && 'status' in error && error.status === 1) return 0;
        throw error;
      }
    },
    left: () => leftBy(root),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function leftBy(root: string): string[] {
  const { path, run } = bakingFolder(root, 'staging');
  const processes = readFolder('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(path);
    } catch {
      return false;
    }
  });
  const hidden = readFolder(root).filter((name) => name.startsWith('.'));
  return [
    ...hidden,
    ...processes.map((id) => `process ${id}`),
    ...(readFolder(tmpdir()).includes(run.slice(tmpdir().length + 1)) ? [run] : []),
  ];
}

async function askCopy(
  engine: RealEngine,
  root: string,
  version: string,
  statements: readonly string[],
): Promise<Rows[]> {
  const copy: BakingFolder = bakingFolder(root, 'copy');
  await mkdir(copy.path, { recursive: true });
  try {
    const signal = AbortSignal.timeout(120_000);
    const programs = await findPrograms({ engine, container: undefined, folder: copy, mark: 'test/copy', signal });
    await makeBakingFolder(copy, programs.owner);
    execFileSync('cp', ['-a', `${join(root, 'staging', version, 'data')}/.`, copy.data]);
    const room: BakeRoom = { folder: copy, programs, clock: systemClock, signal };
    const family = familyOf(engine);
    await family.start(room, 'last');
    const session = await family.session(room, 'app');
    const answers: Rows[] = [];
    for (const statement of statements) answers.push(await session.query(statement));
    await session.close();
    return answers;
  } finally {
    await clearBakingFolder(copy);
  }
}

/** Bytes at an address of this machine. */
export async function served(bytes: Uint8Array): Promise<AsyncDisposable & { readonly url: Secret }> {
  const server = createServer((_, response) => void response.end(bytes)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: new Secret(`http://127.0.0.1:${port}/dump`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
