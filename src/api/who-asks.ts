import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { oneLine } from '../domain/plain-text.ts';

export const byHeader = z.object({
  'wizard-by': z.string().max(200).optional().openapi({
    description:
      'Who asks, for the timeline: a name that is believed, not checked. Percent-encoded where it is not ASCII.',
  }),
});

/** Who asks, as they call themselves. */
export function whoAsks(context: Context): string {
  const name = context.req.header('wizard-by') ?? '';
  return oneLine(decoded(name), 60) || 'api';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
