import * as z from 'zod';
import { rightTimes } from './bake-times.ts';
import { line, wholeNumber, yesOrNo } from './fields.ts';
import { settings } from './settings.ts';

/** Built-in ways to mask a column. */
export const maskRules = ['name', 'mail', 'phone', 'address', 'hash', 'null', 'keep'] as const;

const column = () => {
  const error = 'expected a column as TABLE.COLUMN';
  return z.string({ error }).regex(/^[A-Za-z0-9_$]+\.[A-Za-z0-9_$]+$/, { error });
};

const table = () => {
  const error = 'expected the name of a table; `*` stands for any part of it';
  return z.string({ error }).regex(/^[A-Za-z0-9_$*]+$/, { error });
};

/** How a golden copy of a database is made: once, for all environments. */
export const goldenSchema = settings(
  {
    engine: z
      .enum(['mariadb', 'mysql', 'postgres'])
      .describe('The server that holds the data; environments run the same, of the same version.'),
    container: line('the name of an image')
      .exactOptional()
      .describe('Run this image by Docker instead of a program of this machine.'),
    database: line('the name of a database')
      .regex(/^[A-Za-z0-9_$-]{1,63}$/, { error: 'expected the name of a database' })
      .exactOptional()
      .describe('What it is called in environments. Without it as at the source, or `app`.'),
    'leave-out': z
      .array(table(), { error: 'expected a list of tables' })
      .prefault([])
      .meta({ title: 'list of tables' })
      .describe('Tables that come without their rows.'),
    sample: z
      .record(table(), wholeNumber(1, 1_000_000_000), { error: 'expected numbers of rows by table' })
      .prefault({})
      .meta({ title: 'TABLE: number' })
      .describe('Tables of which only so many rows come.'),
    mask: z
      .record(column(), z.enum(maskRules), { error: 'expected rules by TABLE.COLUMN' })
      .prefault({})
      .meta({ title: 'TABLE.COLUMN: rule' })
      .describe(
        'How columns are masked: `name`, `mail`, `phone` and `address` make some up, `hash` keeps joins, `null` empties; `keep` says that it is fine as it is.',
      ),
    'mask-files': z
      .array(line('the path of a file'), { error: 'expected a list of files' })
      .prefault([])
      .meta({ title: 'list of paths' })
      .describe('SQL of your own, run after the rules.'),
    strict: yesOrNo().prefault(false).describe('Fail when a column looks personal and no rule names it.'),
    checks: z
      .array(line('an SQL statement'), { error: 'expected a list of SQL statements' })
      .prefault([])
      .meta({ title: 'list of statements' })
      .describe('Each must answer at least one row, or the copy is not used.'),
    schedule: line('a schedule')
      .exactOptional()
      .describe(
        'When it is made anew, as in crontab: `0 4 * * *`. Without it only when asked: `wizard data bake NAME`.',
      ),
    'time-zone': line('a time zone').prefault('UTC').describe('Of `schedule`, such as `Asia/Tokyo`.'),
    keep: wholeNumber(1, 100).prefault(3).describe('How many are kept.'),
    spares: wholeNumber(0, 10)
      .prefault(1)
      .describe('How many started copies wait for the next environment, so that it takes one at once.'),
  },
  rightTimes,
);
