import * as z from 'zod';
import { command, line, wholeNumber, yesOrNo } from './fields.ts';
import { type Outside, secret } from './outside.ts';
import { type Complain, settings } from './settings.ts';

const origins = ['directory', 'dump', 'mysql', 'url'] as const;

/** One entry of `data-sources`. */
export const dataSourceSchema = (outside: Outside) =>
  settings(
    {
      dump: line('the path of a file')
        .meta({ title: 'path' })
        .exactOptional()
        .describe(
          'A file of data. `load` finds its path in `WIZARD_DUMP`; without `load` each environment gets the file itself.',
        ),
      load: command()
        .exactOptional()
        .describe('Fills the empty folder that it is run in. Run again when the dump changed.'),
      directory: line('the path of a folder')
        .meta({ title: 'path' })
        .exactOptional()
        .describe('A folder to copy instead.'),
      mysql: mysql(outside)
        .exactOptional()
        .describe('A running MySQL or MariaDB server. Machines take a dump of it as they boot.'),
      url: secret(outside, 'the URL of a dump')
        .exactOptional()
        .describe('Where machines fetch a dump: SQL, plain or compressed by gzip or zstd. A presigned S3 URL will do.'),
      bake: bake.exactOptional().describe('Makes images that hold the data already, so that machines only pull one.'),
      masked: yesOrNo()
        .prefault(false)
        .describe('Whether it holds nothing personal. Only masked data is given to forks.'),
    },
    oneOrigin,
  );

const mysql = (outside: Outside) =>
  settings({
    host: line('the address of a server')
      .regex(/^[A-Za-z0-9.:-]+$/, { error: 'expected the address of a server' })
      .describe('As the machines reach it.'),
    port: wholeNumber(1, 65_535).prefault(3306).describe('Its port.'),
    user: line('the name of a user').describe('A user that may read everything that is dumped.'),
    password: secret(outside, 'the password of the user').describe('Its password.'),
    database: line('the name of a database').describe('What is dumped.'),
    options: z
      .array(
        line('an option').regex(/^-/, { error: 'expected an option of mysqldump, such as --single-transaction' }),
        {
          error: 'expected a list of options',
        },
      )
      .prefault(['--single-transaction', '--quick'])
      .meta({ title: 'list of options' })
      .describe('Options of `mysqldump`.'),
  });

const bake = settings({
  image: line('the name of an image')
    .regex(/^[a-z0-9]+([._/:-][a-z0-9]+)*$/, {
      error: 'expected an image without a tag, such as registry.example.com/staging-data',
    })
    .describe('Where the images are pushed to; each gets a tag of its own.'),
  server: line('the name of an image').describe(
    'The database server that the data is loaded into, such as `mysql:5.6`.',
  ),
  database: line('the name of a database')
    .regex(/^[A-Za-z0-9_$-]{1,64}$/, { error: 'expected the name of a database' })
    .exactOptional()
    .describe('What it is called in the image. Without it as at the source.'),
  schedule: line('a schedule')
    .exactOptional()
    .describe('When, as in crontab: `0 4 * * *`. Without it only when asked: `wizard data bake NAME`.'),
  'time-zone': line('a time zone').prefault('UTC').describe('Of `schedule`, such as `Asia/Tokyo`.'),
  keep: wholeNumber(1, 100).prefault(3).describe('How many are kept on this machine.'),
});

function oneOrigin(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const given = origins.filter((origin) => origin in value);
  if (given.length > 1) complain([given[0] ?? ''], `expected either ${given.join(' or ')}, got both`);
  if (given.length === 0 && !('load' in value)) complain([], 'expected dump, load, directory, mysql or url, got none');
  const loads = 'load' in value && given.some((origin) => origin !== 'dump');
  if (loads) complain(['load'], `expected either ${given[0]} or load, got both`);
  if ('bake' in value && !('mysql' in value || 'url' in value)) complain(['bake'], 'only goes with mysql or url');
  if ('bake' in value && 'url' in value && !hasDatabase(value['bake']))
    complain(['bake'], 'needs database: a dump that is fetched does not say what to call it');
}

const hasDatabase = (bake: unknown): boolean => typeof bake === 'object' && bake !== null && 'database' in bake;
