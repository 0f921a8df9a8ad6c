/** What the API answers of saved states. */
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be letters, digits, ".", "_" and "-", at most 128');

export const stateRequest = z
  .object({
    name: name.describe('Of the saved state.'),
    service: z.string().max(100).optional().describe('Which of its databases; without it the only one.'),
  })
  .meta({ id: 'StateRequest' });

export const savedState = z
  .object({
    name: z.string(),
    state: z.enum(['saving', 'saved', 'failed']),
    from: z.object({
      by: z.string(),
      environment: z.string(),
      service: z.string(),
      pull: z.string().describe('`owner/name#7`.'),
      sha: z.string().optional().describe('The commit that served then.'),
    }),
    engine: z.string().optional(),
    serverVersion: z.string().optional(),
    source: z.string().optional().describe('The data source; empty for a database that began empty.'),
    version: z.string().optional().describe('Of the golden copy that it began with.'),
    masked: z.boolean().optional().describe('Whether it began with data that holds nothing personal.'),
    bytes: z
      .number()
      .optional()
      .describe('Of its files, most of them shared with the golden copy where that is possible.'),
    savedAt: z.int().optional().describe('Milliseconds since 1970.'),
    stoodStillMs: z.number().optional().describe('How long the database did not serve.'),
    failure: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  })
  .meta({
    id: 'SavedState',
    description: 'A state of a database that somebody saved. What it is of is there once it is saved.',
  });

export const savedStateList = z.object({ saved: z.array(savedState) }).meta({ id: 'SavedStateList' });
export const forgotten = z.object({ name: z.string() }).meta({ id: 'Forgotten' });

export type SavedStateReply = z.infer<typeof savedState>;
