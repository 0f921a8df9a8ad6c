import type { EC2, EC2ClientConfig } from '@aws-sdk/client-ec2';
import { once } from '../../kit/one-at-a-time.ts';
import type { Secret } from '../../kit/secret.ts';
import { ec2Error } from './ec2-error.ts';
import { type Throttle, throttle } from './throttle.ts';

/** Where and as whom machines of one entry under `machines` are made. */
export interface Ec2AccountSettings {
  readonly region: string;
  /** Missing: that of the region. */
  readonly endpoint?: string;
  /** Missing: what the SDK finds by itself (environment, profile, role of this machine). */
  readonly accessKey?: { readonly id: string; readonly secret: Secret; readonly sessionToken?: Secret };
}

/** What we are about to do, for messages, and the entry in `wizard.yml` whose settings it goes by. */
export interface Asking {
  readonly doing: string;
  readonly machine: string;
  readonly signal: AbortSignal;
}

/** One account and region of EC2. */
export interface Ec2Account {
  /** The entries in `wizard.yml` that lead here. */
  readonly machines: readonly string[];
  /** Asks once and repeats nothing; what EC2 refuses becomes a `WizardError`. */
  ask<Answer>(
    asking: Asking,
    question: (ec2: EC2, http: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>;
}

const connectLimitMs = 5_000;
const answerLimitMs = 30_000;

export function ec2Account(settings: Ec2AccountSettings, machines: readonly string[]): Ec2Account {
  const open = once(() => openClient(settings));
  const slower: Throttle = throttle();
  return {
    machines,
    async ask({ doing, machine, signal }, question) {
      signal.throwIfAborted();
      const ec2 = await open();
      try {
        const answer = await question(ec2, { abortSignal: signal });
        slower.answered();
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        throw ec2Error(error, { doing, machine, afterMs: () => slower.throttled(doing) });
      }
    },
  };
}

/** The SDK takes 100 MB of memory and a quarter of a second: only those who use it pay that. */
async function openClient({ region, endpoint, accessKey }: Ec2AccountSettings): Promise<EC2> {
  const { EC2 } = await import('@aws-sdk/client-ec2');
  const config: EC2ClientConfig = {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    // Repeating is the loop's work: it knows what is still wanted.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectLimitMs, requestTimeout: answerLimitMs, throwOnRequestTimeout: true },
  };
  if (!accessKey) return new EC2(config);
  const { id, secret, sessionToken } = accessKey;
  return new EC2({
    ...config,
    credentials: {
      accessKeyId: id,
      secretAccessKey: secret.reveal(),
      ...(sessionToken ? { sessionToken: sessionToken.reveal() } : {}),
    },
  });
}

/** Entries with the same region, endpoint and key share one account, so that it is listed once and slowed down as one. */
export function ec2Accounts(settings: Readonly<Record<string, Ec2AccountSettings>>): readonly Ec2Account[] {
  const names = Map.groupBy(Object.keys(settings), (name) => placeOf(settings[name]));
  return [...names.values()].flatMap((machines) => {
    const first = settings[machines[0] ?? ''];
    return first ? [ec2Account(first, machines)] : [];
  });
}

const placeOf = (one: Ec2AccountSettings | undefined): string =>
  JSON.stringify([one?.region, one?.endpoint, one?.accessKey?.id]);
