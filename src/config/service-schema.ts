import * as z from 'zod';
import { line, sizeMb } from './fields.ts';
import { settings } from './settings.ts';

const name = (what: string) =>
  line(what).regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, { error: `expected ${what}: letters, digits and "_"` });

/** `true`, or the version of the server: `10.11`. */
const version = (example: string) =>
  z
    .union([
      z.literal(true, { error: 'expected true' }),
      z.number().transform(String),
      line('a version').regex(/^[0-9]+(\.[0-9]+)*$/, { error: `expected a version such as ${example}` }),
    ])
    .meta({ title: 'version or true' });

const server = (what: string) =>
  version('10.11')
    .exactOptional()
    .describe(`A ${what} server. The version as far as it matters; \`true\` takes that of the data, or what is there.`);

/** Never one that Docker would read as an option. */
const container = () =>
  line('the name of an image')
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/, { error: 'expected the name of an image' })
    .exactOptional()
    .describe('Run this image by Docker instead of a program of this machine.');

const engines = ['mariadb', 'mysql', 'postgres'] as const;

const databaseSettings = settings(
  {
    mariadb: server('MariaDB'),
    mysql: server('MySQL'),
    postgres: server('PostgreSQL'),
    data: line('the name of a data source')
      .exactOptional()
      .describe('Data source that it begins as a copy of. Without it it begins empty.'),
    refresh: z
      .enum(['asked', 'push'])
      .prefault('asked')
      .describe(
        'When a newer copy reaches it: only by `wizard reset-data`, or with the next push. A push for which there is none keeps the data.',
      ),
    database: name('the name of a database')
      .exactOptional()
      .describe('What the database is called. Without it as in the data, or `app`.'),
    user: name('the name of a user').prefault('app').describe('Whom the application signs in as.'),
    memory: sizeMb().prefault('64MB').describe('For its pages; the server itself takes some more.'),
    'memory-disk': sizeMb()
      .exactOptional()
      .describe(
        'Size of a disk in memory for its data, which a restart of the machine takes away. Without it the data lies on the disk.',
      ),
    container: container(),
    settings: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, { error: 'expected the name of a setting' }),
        z.union([line('a value'), z.number().transform(String), z.boolean().transform(String)]),
        { error: 'expected settings by name' },
      )
      .prefault({})
      .meta({ title: 'NAME: value' })
      .describe('Settings of the server, such as `sql_mode`.'),
  },
  (value, complain) => {
    const given = engines.filter((engine) => engine in value);
    if (given.length !== 1)
      complain([], `expected exactly one of ${engines.join(', ')}, got ${given.join(' and ') || 'none'}`);
  },
);

const cache = {
  memory: sizeMb().prefault('32MB').describe('The most that it keeps.'),
  container: container(),
};
const own = (example: string) =>
  version(example).describe(
    'A cache of its own, empty at first. The version as far as it matters; `true` takes what is there.',
  );
const access = z
  .enum(['socket', 'password', 'port'])
  .prefault('socket')
  .describe(
    "How applications reach it: by a `socket`, a file that the server's own user alone may open; by a port with a `password`, in the text protocol, which few clients can; by a `port` without one.",
  );

/** One entry of a recipe's `services`. */
export const serviceSchema = z.union(
  [
    z.enum([...engines, 'redis', 'memcached']),
    databaseSettings,
    settings({ redis: own('7.2'), ...cache }),
    settings({ memcached: own('1.6'), access, ...cache }),
  ],
  { error: 'expected a service: mariadb, mysql, postgres, redis, memcached, or settings with one of them' },
);

export type OwnServiceSettings = z.output<typeof serviceSchema>;
