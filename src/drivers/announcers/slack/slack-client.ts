import { z } from 'zod';
import type { JsonObject } from '../../../domain/json.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { Call } from '../../../ports/call.ts';
import type { Clock } from '../../../ports/clock.ts';
import { noAnswer, SlackRefusal } from './slack-error.ts';
import { slackHttp } from './slack-http.ts';

/** Calls one method of the Web API and gives its answer in the asked shape; throws what Slack refused. */
export type SlackMethod = <T>(
  method: string,
  fields: Readonly<Record<string, string | number | boolean | JsonObject | readonly JsonObject[] | undefined>>,
  answer: z.ZodType<T>,
  call: Call,
) => Promise<T>;

export interface SlackClientOptions {
  readonly token: Secret;
  /** Default `https://slack.com/api/`. */
  readonly apiUrl?: string;
  readonly clock: Clock;
}

const refusal = z.object({ ok: z.literal(false), error: z.string() });

/**
 * The Web API with a bot token. Fields go as a form: the one kind of body that every method takes. Written with fetch, since
 * the official client repeats a post whose answer was lost, and so says things twice.
 */
export function slackClient(options: SlackClientOptions): SlackMethod {
  const http = slackHttp(options.clock);
  const base = new URL(options.apiUrl ?? 'https://slack.com/api/');
  return async (method, fields, answer, call) => {
    const doing = `calling Slack's ${method}`;
    const { text } = await http({
      doing,
      url: new URL(method, base).href,
      headers: {
        authorization: `Bearer ${options.token.reveal()}`,
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      },
      body: formOf(fields),
      signal: call.signal,
    });
    const json = parse(text, doing);
    const refused = refusal.safeParse(json);
    if (refused.success) throw new SlackRefusal(doing, refused.data.error);
    const parsed = answer.safeParse(json);
    if (!parsed.success) throw noAnswer(doing, 'the answer lacks what the manual promises', parsed.error);
    return parsed.data;
  };
}

function formOf(fields: Readonly<Record<string, unknown>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) form.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  return form.toString();
}

function parse(text: string, doing: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw noAnswer(doing, 'the answer is not JSON', error);
  }
}
