import type { Claim } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { LogPiece } from '../../ports/resource-driver.ts';
import type { ConsolePlace } from './consoles.ts';
import { type Ec2Room, find, liveOf } from './ec2-room.ts';

const maxAgeMs = 10_000;

/**
 * The log of a machine: what it wrote to its console, where one sees why it does not come up. EC2 keeps the last 64 KB, which holds
 * a whole boot; of more than that only the beginning is read on without a gap. Trouble with EC2 is a log that does not grow.
 */
export async function readConsole(room: Ec2Room, claim: Claim, from: number, call: Call): Promise<LogPiece> {
  const text = Buffer.from(await room.consoles.text(claim, () => placeOf(room, claim, call), maxAgeMs, call));
  return { text: text.subarray(from).toString('utf8'), next: Math.max(from, text.byteLength) };
}

async function placeOf(room: Ec2Room, claim: Claim, call: Call): Promise<ConsolePlace | undefined> {
  try {
    const [first] = liveOf(room, await find(room, claim, undefined, call));
    return first && { account: first.account, id: first.one.id };
  } catch (error) {
    call.signal.throwIfAborted();
    call.log.warn('ec2.no-console', { error: describeError(error) });
    return undefined;
  }
}
