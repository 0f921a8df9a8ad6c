/** What the API answers of data sources. It holds no secret and no fact. */
import { z } from 'zod';

const time = z.int().describe('Milliseconds since 1970.');

export const bake = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'complete', 'failed', 'interrupted']),
    by: z.string().describe('Who asked; `schedule`, or `first use`.'),
    startedAt: time,
    endedAt: time.optional(),
    doing: z.string().optional().describe('What it is at, while it runs.'),
    version: z.string().optional().describe('The tag of its image, the name of its golden copy, when it is complete.'),
    bytes: z.number().optional().describe('What the data takes.'),
    failure: z
      .object({
        code: z.string(),
        message: z.string(),
        hint: z.string().optional(),
        lastLines: z.array(z.string()).describe('What the program that failed said last.'),
      })
      .optional(),
  })
  .meta({ id: 'Bake', description: 'One try to make the data of a source ready.' });

const goldenCopy = z
  .object({
    version: z.string(),
    engine: z.string().describe('`mariadb`, `mysql`, `postgres`; `files` where no server is needed.'),
    serverVersion: z.string(),
    madeAt: time,
    bytes: z.number().describe('Of all its files.'),
    masked: z.boolean(),
    clones: z.int().describe('Databases and files of environments, and spares, that were cloned from it.'),
  })
  .meta({ id: 'GoldenCopy', description: 'Data of a source on the machine of the server, ready to be cloned.' });

export const dataSource = z
  .object({
    name: z.string(),
    image: z.string().optional().describe('Where its images are pushed to; missing when it has none.'),
    golden: z.boolean().optional().describe('Whether golden copies are made of it.'),
    schedule: z.string().optional().describe('As in crontab.'),
    timeZone: z.string().optional(),
    nextAt: time.optional().describe('When the schedule is due next, in milliseconds since 1970.'),
    current: z.string().optional().describe('The version that new environments get.'),
    bakes: z.array(bake).describe('Newest first.'),
    copies: z.array(goldenCopy).optional().describe('Its golden copies, newest first; missing when it has none.'),
  })
  .meta({ id: 'DataSource' });

export const dataSourceList = z.object({ sources: z.array(dataSource) }).meta({ id: 'DataSourceList' });

export const bakeBegun = z
  .object({
    source: dataSource,
    bake,
    begun: z.boolean().describe('`false`: one was under way already; `bake` is that one.'),
  })
  .meta({ id: 'BakeBegun' });

export const bakeLogPiece = z
  .object({
    bake: z.string(),
    text: z.string(),
    next: z.int().describe('The byte offset to read on from.'),
    ended: z.boolean().describe('No more will come.'),
  })
  .meta({ id: 'BakeLogPiece' });

export type DataSourceReply = z.infer<typeof dataSource>;
export type GoldenCopyReply = z.infer<typeof goldenCopy>;
export type BakeReply = z.infer<typeof bake>;
export type BakeLogReply = z.infer<typeof bakeLogPiece>;
