import * as z from 'zod';
import { rightTimes } from './bake-times.ts';
import { command, line, webUrl, wholeNumber, yesOrNo } from './fields.ts';
import { goldenSchema } from './golden-schema.ts';
import { accessKey, region } from './machine-schema.ts';
import { type Outside, secret } from './outside.ts';
import { type Complain, settings } from './settings.ts';

const origins = ['directory', 'dump', 'mysql', 'postgres', 's3', 'url', 'command'] as const;

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
      mysql: server(outside, 3306, { options: 'mysqldump', usual: ['--single-transaction', '--quick'] })
        .exactOptional()
        .describe('A running MySQL or MariaDB server. Machines take a dump of it as they boot.'),
      postgres: server(outside, 5432, { options: 'pg_dump', usual: ['--no-owner', '--no-privileges'] })
        .exactOptional()
        .describe('A running PostgreSQL server, read by `pg_dump`.'),
      s3: s3(outside)
        .exactOptional()
        .describe(
          'A dump in Amazon S3, or a store like it. Machines fetch it by a URL that this server signs for them.',
        ),
      command: command().exactOptional().describe('Prints a dump: SQL, or the custom format of `pg_dump`.'),
      url: secret(outside, 'the URL of a dump')
        .exactOptional()
        .describe('Where machines fetch a dump: SQL, plain or compressed by gzip or zstd. A presigned S3 URL will do.'),
      golden: goldenSchema
        .exactOptional()
        .describe('A database made of it once, which environments get copies of within a second.'),
      'golden-files': goldenFiles
        .exactOptional()
        .describe('Keeps copies of the files of `directory`, `load` or `dump`; environments get copies of the newest.'),
      bake: bake.exactOptional().describe('Makes images that hold the data already, so that machines only pull one.'),
      masked: yesOrNo()
        .prefault(false)
        .describe('Whether it holds nothing personal. Only masked data is given to forks.'),
    },
    oneOrigin,
  );

const server = (outside: Outside, port: number, about: { readonly options: string; readonly usual: string[] }) =>
  settings({
    host: line('the address of a server')
      .regex(/^[A-Za-z0-9.:-]+$/, { error: 'expected the address of a server' })
      .describe('As the machines reach it.'),
    port: wholeNumber(1, 65_535).prefault(port).describe('Its port.'),
    user: line('the name of a user').describe('A user that may read everything that is dumped.'),
    password: secret(outside, 'the password of the user').describe('Its password.'),
    database: line('the name of a database').describe('What is dumped.'),
    options: z
      .array(line('an option').regex(/^-/, { error: 'expected an option, such as --verbose' }), {
        error: 'expected a list of options',
      })
      .prefault(about.usual)
      .meta({ title: 'list of options' })
      .describe(`Options of \`${about.options}\`.`),
  });

const s3 = (outside: Outside) =>
  settings({
    bucket: line('the name of a bucket').describe('The bucket.'),
    key: line('the key of an object').describe('The object.'),
    region: region(),
    endpoint: webUrl('the address of the S3 API')
      .exactOptional()
      .describe('Address of the API, where it is not the usual one of the region.'),
    'access-key': accessKey(outside).exactOptional().describe('As for machines of kind `ec2`.'),
  });

const imageName = () =>
  line('the name of an image').regex(/^[a-z0-9]+([._/:-]+[a-z0-9]+)*$/, {
    error: 'expected an image without a tag, such as registry.example.com/staging-data',
  });

const goldenFiles = settings(
  {
    schedule: line('a schedule')
      .exactOptional()
      .describe('When, as in crontab: `0 4 * * *`. Without it only when asked: `wizard data bake NAME`.'),
    'time-zone': line('a time zone').prefault('UTC').describe('Of `schedule`, such as `Asia/Tokyo`.'),
    keep: wholeNumber(1, 100).prefault(3).describe('How many are kept.'),
  },
  rightTimes,
);

const bake = settings(
  {
    image: imageName().describe('Where the images are pushed to; each gets a tag of its own.'),
    'pulled-as': imageName()
      .exactOptional()
      .describe('The same place as the machines reach it, where that is called otherwise. Without it `image`.'),
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
  },
  rightTimes,
);

function oneOrigin(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const given = origins.filter((origin) => origin in value);
  if (given.length > 1) complain([given[0] ?? ''], `expected either ${given.join(' or ')}, got both`);
  if (given.length === 0 && !('load' in value)) complain([], `expected load or one of ${origins.join(', ')}, got none`);
  const needsGolden = ['postgres', 'command'].find((origin) => origin in value);
  if (needsGolden && !('golden' in value)) complain([needsGolden], 'needs golden beside it: what becomes of it');
  if ('golden' in value && ('load' in value || 'directory' in value))
    complain(['golden'], 'goes with a dump or a server; load and directory go with golden-files');
  if ('golden-files' in value && ('golden' in value || !['directory', 'load', 'dump'].some((one) => one in value)))
    complain(['golden-files'], 'goes with directory, load or dump, and not with golden');
  const loads = 'load' in value && given.some((origin) => origin !== 'dump');
  if (loads) complain(['load'], `expected either ${given[0]} or load, got both`);
  if ('bake' in value && !['mysql', 'url', 's3'].some((one) => one in value))
    complain(['bake'], 'only goes with mysql, url or s3');
  if ('bake' in value && ('url' in value || 's3' in value) && !hasDatabase(value['bake']))
    complain(['bake'], 'needs database: a dump that is fetched does not say what to call it');
}

const hasDatabase = (bake: unknown): boolean => typeof bake === 'object' && bake !== null && 'database' in bake;
