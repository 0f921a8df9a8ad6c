import { codeOf, describeError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ec2Account } from './ec2-account.ts';
import { hostKeysIn } from './host-keys.ts';
import type { Instance } from './instance.ts';

/** A machine's host keys as its console showed them; empty while it has not, which nobody should wait for. */
export interface ConsoleKeys {
  of(account: Ec2Account, instance: Instance, call: Call): Promise<readonly string[]>;
}

interface Known {
  readonly keys: readonly string[];
  readonly askedAt: number;
  readonly tries: number;
}

/** EC2 allows few questions about consoles. */
const askAgainMs = 30_000;
const mostTries = 20;
const mostKnown = 1_000;

export function consoleKeys(clock: Clock): ConsoleKeys {
  const known = new Map<string, Known>();
  return {
    async of(account, instance, call) {
      const before = known.get(instance.id);
      const rests = before && (before.tries >= mostTries || clock.monotonic() - before.askedAt < askAgainMs);
      if (before && (before.keys.length > 0 || rests)) return before.keys;
      const keys = hostKeysIn(await readConsole(account, instance, call));
      known.set(instance.id, { keys, askedAt: clock.monotonic(), tries: (before?.tries ?? 0) + 1 });
      const [oldest] = known.keys();
      if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
      return keys;
    },
  };
}

/** Empty where it cannot be read: the keys are then pinned at the first contact. */
async function readConsole(account: Ec2Account, { id }: Instance, call: Call): Promise<string> {
  const asking = { doing: `reading the console of ${id}`, machine: account.machines[0] ?? '', signal: call.signal };
  const read = async (latest: { Latest?: true }): Promise<string> => {
    const { Output = '' } = await account.ask(asking, (ec2, http) =>
      ec2.getConsoleOutput({ InstanceId: id, ...latest }, http),
    );
    return Buffer.from(Output, 'base64').toString('utf8');
  };
  try {
    try {
      return await read({ Latest: true });
    } catch (error) {
      // Older families of machines show only what EC2 has stored.
      if (codeOf(error) !== 'ec2/unsupported') throw error;
      return await read({});
    }
  } catch (error) {
    call.signal.throwIfAborted();
    call.log.warn('ec2.no-console', { instance: id, error: describeError(error) });
    return '';
  }
}
