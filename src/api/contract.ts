/** What the API answers, as schemas: the server writes by them, the CLI reads by them. It holds no secret and no fact. */
import { z } from 'zod';

const time = z.int().describe('Milliseconds since 1970.');
const length = z.number().describe('Milliseconds.');
const sha = z.string().describe('A commit, 40 hexadecimal digits.');

export const phases = ['waiting', 'building', 'live', 'updating', 'failed', 'asleep', 'closing', 'closed'] as const;

export const link = z.object({ endpoint: z.string(), url: z.string() }).meta({ id: 'Link' });

export const failure = z
  .object({
    step: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    remedy: z
      .enum(['try-again', 'change-input', 'fix-setup', 'report-bug'])
      .optional()
      .describe('What helps: nothing but time, another commit or recipe, the operator, us. Missing: unknown.'),
    lastLines: z.array(z.string()).describe('What its log ended with.'),
  })
  .meta({ id: 'Failure', description: 'Why an environment is not live.' });

export const receipt = z
  .object({
    openedAt: time,
    closedAt: time,
    resources: z.array(z.object({ role: z.string(), kind: z.string(), madeAt: time, goneAt: time })),
  })
  .meta({ id: 'Receipt', description: 'Proof that nothing is left: each resource, and when it was seen absent.' });

export const choices = z
  .object({
    redeploys: z.int(),
    dataEdition: z.int(),
    pinnedSha: sha.optional(),
    heldGone: z.boolean().describe('Taken away by hand while its pull request is open.'),
    asleep: z.boolean().describe('Stopped, its data kept.'),
    checkpoints: z
      .record(z.string(), z.string())
      .optional()
      .describe('Service → the saved state that its database began with.'),
    approval: z.object({ sha, by: z.string(), at: time }).optional(),
  })
  .meta({ id: 'Choices', description: 'What people asked of it.' });

export const summary = z
  .object({
    id: z.string(),
    repository: z.string().describe('`owner/name`.'),
    number: z.int().describe('Of the pull request; 0 when no pull request claims it.'),
    title: z.string(),
    author: z.string(),
    pullUrl: z.string(),
    phase: z.enum(phases),
    because: z.string().describe('Why it is in this phase, a sentence.'),
    phaseSince: time,
    createdAt: time,
    closedAt: time.optional(),
    headSha: z.string().describe('The commit that is wanted; empty when none is known.'),
    liveSha: sha.optional().describe('The commit that serves; missing when none does.'),
    awaitsApproval: sha.optional().describe('A newer commit of a fork that nobody has approved yet.'),
    urls: z.array(link),
    address: z.string().optional().describe("The server's address, where it has one of its own."),
    tookMs: length.optional().describe('From wanting this commit to serving it, in milliseconds.'),
    remainingMs: length.optional().describe('Until live, from earlier runs, in milliseconds.'),
    choices,
    failure: failure.optional(),
    requested: z.int().describe('Counts what made us look.'),
    observed: z
      .int()
      .describe('The last `requested` that was acted on: a request of yours is done when this has reached it.'),
  })
  .meta({ id: 'Environment' });

export const step = z
  .object({
    name: z.string(),
    role: z.string().describe('Names the step for certain: `web.3f9a2c1d`.'),
    kind: z.string(),
    state: z.enum(['waiting', 'working', 'done', 'failed', 'leaving']),
    note: z.string(),
    startedAt: time.optional(),
    tookMs: length.optional(),
    usualMs: length.optional().describe('What it took in earlier runs, in milliseconds.'),
    lastLines: z.array(z.string()),
    generation: z.int().optional().describe('How often it was made anew.'),
    diskBytes: z
      .number()
      .optional()
      .describe(
        'Bytes of disk, or of a disk in memory, that it takes for itself; what it shares with its golden copy is not counted.',
      ),
    failures: z.int().optional().describe('Calls that failed in a row.'),
    parked: z
      .object({ code: z.string(), message: z.string(), hint: z.string().optional(), at: time })
      .optional()
      .describe('Why it rests although it is not as it should be.'),
  })
  .meta({ id: 'Step' });

export const migrations = z
  .object({
    database: z.string().describe('As the recipe calls it.'),
    tookMs: length.describe('All release steps, in milliseconds.'),
    changes: z.array(z.string()).describe('A sentence for each table that is not as it came.'),
    slow: z
      .array(z.object({ sql: z.string(), ms: length, rows: z.int().optional() }))
      .describe('Statements that took long, the longest first; their values are masked.'),
  })
  .meta({ id: 'Migrations', description: 'What the release steps made of a database.' });

export const detail = summary
  .extend({ steps: z.array(step), migrations: z.array(migrations).optional(), receipt: receipt.optional() })
  .meta({ id: 'EnvironmentDetail' });

export const timelineEntry = z
  .object({
    id: z.int(),
    environment: z.string(),
    at: time,
    about: z.string().describe('The step, or `environment`.'),
    what: z
      .string()
      .describe('A stable word: `create`, `ready`, `broken`, `destroy`, `gone`, `parked`, `phase`, `request`.'),
    message: z.string(),
    tookMs: length.optional(),
  })
  .meta({ id: 'TimelineEntry' });

export const logPiece = z
  .object({
    step: z.string(),
    role: z.string(),
    text: z.string(),
    next: z.int().describe('The byte offset to read on from.'),
  })
  .meta({ id: 'LogPiece' });

export const delivery = z
  .object({
    id: z.int(),
    guid: z.string(),
    event: z.string(),
    action: z.string().optional(),
    repository: z.string().optional(),
    number: z.int().optional(),
    environment: z.string().optional(),
    receivedAt: time,
    decision: z.enum(['look', 'ignored']),
    reason: z.string(),
    size: z.int().describe('Bytes.'),
    repeats: z.int().describe('How often the same delivery came again.'),
    sameBodyAs: z.int().optional().describe('The first delivery that brought the same body under another GUID.'),
  })
  .meta({ id: 'Delivery', description: 'A webhook delivery and what it led to.' });

export const environmentList = z.object({ environments: z.array(summary) }).meta({ id: 'EnvironmentList' });
export const stepList = z.object({ steps: z.array(step) }).meta({ id: 'StepList' });
export const timeline = z
  .object({ entries: z.array(timelineEntry), next: z.int().describe('`after` for the next page.') })
  .meta({ id: 'Timeline' });
export const refusedWebhooks = z
  .object({ status: z.int(), reason: z.string(), times: z.int(), lastAt: time })
  .meta({ id: 'RefusedWebhooks', description: 'Requests to the webhook that were refused; nothing of them is kept.' });
export const deliveryList = z
  .object({
    deliveries: z.array(delivery),
    refused: z.array(refusedWebhooks).describe('One for each reason, since the server started.'),
    next: z.int().optional().describe('`before` for the next page; missing at the end.'),
  })
  .meta({ id: 'DeliveryList' });

export const pinRequest = z
  .object({ sha: sha.regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal digits').optional() })
  .meta({ id: 'PinRequest', description: 'Without `sha`: the commit that is live.' });
export const approveRequest = z
  .object({ sha: sha.regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal digits') })
  .meta({ id: 'ApproveRequest' });

export const failureReply = z
  .object({
    error: z.object({
      code: z.string().describe('`room/what`, stable.'),
      message: z.string(),
      hint: z.string().optional().describe('What you can do about it.'),
      nearest: z.array(z.string()).optional().describe('Ids that you may have meant.'),
    }),
  })
  .meta({ id: 'Error' });

export const health = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    disk: z
      .object({ is: z.enum(['roomy', 'low', 'full']), text: z.string() })
      .optional()
      .describe(
        'Of the data directory. `low`: nothing new is built until there is room. `full`: what filled it was stopped.',
      ),
  })
  .meta({ id: 'Health' });

export type Phase = (typeof phases)[number];
export type Summary = z.infer<typeof summary>;
export type Detail = z.infer<typeof detail>;
export type StepReply = z.infer<typeof step>;
export type TimelineReply = z.infer<typeof timelineEntry>;
export type LogReply = z.infer<typeof logPiece>;
export type DeliveryReply = z.infer<typeof delivery>;
export type FailureReply = z.infer<typeof failureReply>;
