import * as z from 'zod';
import type { BakeView } from '../ports/data-bakes.ts';

/** `record.json` of one try. It says `complete` only once the data is where environments find it. */
const bakeRecord = z.object({
  id: z.string(),
  state: z.enum(['running', 'complete', 'failed', 'interrupted']),
  by: z.string(),
  startedAt: z.number(),
  endedAt: z.number().exactOptional(),
  version: z.string().exactOptional(),
  image: z.string().exactOptional(),
  golden: z.boolean().exactOptional(),
  digest: z.string().exactOptional(),
  bytes: z.number().exactOptional(),
  failure: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string().exactOptional(),
      lastLines: z.array(z.string()),
    })
    .exactOptional(),
  /** How many times in a row this bake was begun and cut off by the end of the server, this one included. */
  tries: z.number().prefault(1),
});
export type BakeRecord = z.output<typeof bakeRecord>;

/** `undefined` for what is not a record: a file that a power cut left empty. */
export function parseRecord(text: string): BakeRecord | undefined {
  try {
    const { success, data } = bakeRecord.safeParse(JSON.parse(text));
    return success ? data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `20261124T000143Z`: sorts by time, and may be part of a tag. */
export const stampOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

export const viewOf = ({ tries: _, image: __, digest: ___, golden: ____, ...view }: BakeRecord): BakeView => view;
