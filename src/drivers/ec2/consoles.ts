import { type Claim, claimName } from '../../domain/claim.ts';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ec2Account } from './ec2-account.ts';
import { hostKeysIn } from './host-keys.ts';

/** What machines write to their consoles as they boot. EC2 allows few questions about that, so answers are kept for a while. */
export interface Consoles {
  /** Empty while there is nothing, or where it cannot be read. */
  text(claim: Claim, where: () => Promise<ConsolePlace | undefined>, maxAgeMs: number, call: Call): Promise<string>;
  /** As the machine prints them while it boots; empty while it has not, which nobody should wait for long. */
  hostKeys(claim: Claim, place: ConsolePlace, call: Call): Promise<readonly string[]>;
}

export interface ConsolePlace {
  readonly account: Ec2Account;
  /** Of the instance. */
  readonly id: string;
}

interface Known {
  readonly text: string;
  readonly at: number;
}

interface KnownKeys {
  readonly keys: readonly string[];
  /** When they were asked for first. */
  readonly since: number;
  /** When they were asked for last. */
  readonly at: number;
}

/** Whoever signs in to a machine that answers waits for them a few seconds; one that takes long is asked ever more seldom. */
const keysAgainMs = { least: 400, most: 5000 };
const keysAgainPart = 1 / 40;
/** Some machines never print any. */
const keysWantedMs = 10 * 60_000;
/** Texts have up to 64 KB. */
const mostTexts = 30;
const mostKeys = 1_000;

export function consoles(clock: Clock): Consoles {
  const texts = new Map<string, Known>();
  const keys = new Map<string, KnownKeys>();
  return {
    async text(claim, where, maxAgeMs, call) {
      const known = texts.get(claimName(claim));
      if (known && clock.monotonic() - known.at < maxAgeMs) return known.text;
      const place = await where();
      const text = place ? await read(place, call) : '';
      keep(texts, claimName(claim), { text, at: clock.monotonic() }, mostTexts);
      return text;
    },
    async hostKeys(claim, place, call) {
      const before = keys.get(place.id);
      if (before && (before.keys.length > 0 || rests(before, clock.monotonic()))) return before.keys;
      const found = hostKeysIn(await this.text(claim, () => Promise.resolve(place), 0, call));
      keep(keys, place.id, { keys: found, since: before?.since ?? clock.monotonic(), at: clock.monotonic() }, mostKeys);
      return found;
    },
  };
}

function rests({ since, at }: KnownKeys, now: number): boolean {
  const pause = Math.min(Math.max((at - since) * keysAgainPart, keysAgainMs.least), keysAgainMs.most);
  return now - since >= keysWantedMs || now - at < pause;
}

/** The oldest are dropped: they are asked for again when somebody wants them. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

async function read({ account, id }: ConsolePlace, call: Call): Promise<string> {
  const asking = { doing: `reading the console of ${id}`, machine: account.machines[0] ?? '', signal: call.signal };
  const ask = async (latest: { Latest?: true }): Promise<string> => {
    const { Output = '' } = await account.ask(asking, (ec2, http) =>
      ec2.getConsoleOutput({ InstanceId: id, ...latest }, http),
    );
    return Buffer.from(Output, 'base64').toString('utf8');
  };
  try {
    return await ask({ Latest: true }).catch((error: unknown) => {
      // Older families of machines show only what EC2 has stored.
      if (codeOf(error) === 'ec2/unsupported') return ask({});
      throw error;
    });
  } catch (error) {
    call.signal.throwIfAborted();
    call.log.warn('ec2.no-console', { instance: id, error: describeError(error) });
    return '';
  }
}
