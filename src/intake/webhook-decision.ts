import { z } from 'zod';

/** What a webhook's body says, as far as we look at it: only enough to know which pull request to look at. */
const payload = z.object({
  action: z.string().optional(),
  number: z.number().int().positive().optional(),
  repository: z.object({ id: z.union([z.number(), z.string()]), full_name: z.string() }).optional(),
  pull_request: z.object({ number: z.number().int().positive() }).optional(),
  issue: z.object({ number: z.number().int().positive(), pull_request: z.unknown().optional() }).optional(),
});

export interface WebhookFacts {
  readonly action: string | undefined;
  readonly repositoryId: string | undefined;
  readonly repositoryName: string | undefined;
  readonly number: number | undefined;
}

export type Decision = { readonly decision: 'look' | 'ignored'; readonly reason: string };

/** `undefined`: not JSON, or not of the form that a webhook has. */
export function webhookFacts(body: Uint8Array): WebhookFacts | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  const parsed = payload.safeParse(json);
  if (!parsed.success) return undefined;
  const { action, number, repository, pull_request } = parsed.data;
  return {
    action,
    repositoryId: repository === undefined ? undefined : String(repository.id),
    repositoryName: repository?.full_name,
    number: pull_request?.number ?? number,
  };
}

/** Actions after which the environment may have to change; `edited` may have moved the base branch. */
const actionsToLookAt = new Set([
  'opened',
  'reopened',
  'synchronize',
  'ready_for_review',
  'converted_to_draft',
  'labeled',
  'unlabeled',
  'closed',
  'edited',
]);

const ignored = (reason: string): Decision => ({ decision: 'ignored', reason });

/** The decision that is stored with each delivery, in words for the operator. An event we do not know is never an error. */
export function webhookDecision(event: string, facts: WebhookFacts, isConfigured: boolean): Decision {
  if (event === 'ping') return ignored('a ping: the webhook is set up');
  if (facts.repositoryName === undefined) return ignored(`a ${event} event that names no repository`);
  if (!isConfigured) return ignored(`${facts.repositoryName} is not among the repositories in wizard.yml`);
  if (event !== 'pull_request') return ignored(`${event} events change no environment`);
  if (facts.number === undefined) return ignored('a pull_request event that names no pull request');
  if (!actionsToLookAt.has(facts.action ?? ''))
    return ignored(`the action ${facts.action ?? '(none)'} changes no environment`);
  return { decision: 'look', reason: `${facts.action}: looking at pull request ${facts.number}` };
}
