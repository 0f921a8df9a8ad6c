import type { Route53, Route53ClientConfig } from '@aws-sdk/client-route-53';
import { once } from '../../../kit/one-at-a-time.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { Clock } from '../../../ports/clock.ts';
import { callBudget } from './call-budget.ts';
import { route53Error } from './route53-error.ts';

/** Where and as whom a hosted zone is changed. */
export interface Route53Settings {
  /** `Z0123456789ABC` */
  readonly zoneId: string;
  /** Missing: AWS's own. */
  readonly endpoint?: string;
  /** What requests are signed for; missing: `us-east-1`, where Route 53 lives for all regions. */
  readonly region?: string;
  /** Missing: what the SDK finds by itself (environment, profile, role of this machine). */
  readonly accessKey?: { readonly id: string; readonly secret: Secret; readonly sessionToken?: Secret };
}

/** Route 53, asked once for each question and not too often. */
export interface Route53Account {
  /** What Route 53 refuses becomes a `WizardError`. */
  ask<Answer>(
    asking: { readonly doing: string; readonly signal: AbortSignal },
    question: (route53: Route53, http: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>;
}

const connectLimitMs = 5_000;
const answerLimitMs = 30_000;

export function route53Account(settings: Route53Settings, clock: Clock): Route53Account {
  const open = once(() => openClient(settings));
  const budget = callBudget(clock);
  return {
    async ask({ doing, signal }, question) {
      signal.throwIfAborted();
      const route53 = await open();
      await budget.take(doing, signal);
      try {
        return await question(route53, { abortSignal: signal });
      } catch (error) {
        signal.throwIfAborted();
        throw route53Error(error, { doing, restMs: () => budget.refused() });
      }
    },
  };
}

/** The SDK takes its time and memory: only those who use it pay that. */
async function openClient({ endpoint, region = 'us-east-1', accessKey }: Route53Settings): Promise<Route53> {
  const { Route53 } = await import('@aws-sdk/client-route-53');
  const config: Route53ClientConfig = {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    // Repeating is the loop's work: it knows what is still wanted.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectLimitMs, requestTimeout: answerLimitMs, throwOnRequestTimeout: true },
  };
  if (!accessKey) return new Route53(config);
  const { id, secret, sessionToken } = accessKey;
  return new Route53({
    ...config,
    credentials: {
      accessKeyId: id,
      secretAccessKey: secret.reveal(),
      ...(sessionToken ? { sessionToken: sessionToken.reveal() } : {}),
    },
  });
}
