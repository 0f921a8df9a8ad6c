import { type Claim, claimName } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { lastLines } from '../../kit/command-output.ts';
import type { Call } from '../../ports/call.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type Ec2Room, end, type Found, find, liveOf, notListed } from './ec2-room.ts';
import { type LookSpec, lookSpecOf } from './ec2-spec.ts';
import { isLive } from './instance.ts';
import { leaving, seeEnded, seeLive } from './see-instance.ts';

const anewHint =
  'Does its image boot? The log of the machine shows its console. A push or "wizard redeploy" makes the machine anew.';

export async function observe(room: Ec2Room, claim: Claim, spec: unknown, call: Call): Promise<Observation> {
  const look = lookSpecOf(spec);
  const found = await find(room, claim, look.machine, call);
  const [first, ...others] = liveOf(room, found);
  if (first) return observeLive(room, first, others, look, call);
  if (found.some(({ one }) => one.state === 'shutting-down' || isLive(one))) return leaving(claim);
  const unlisted = seeUnlisted(room, claim, found);
  if (unlisted) return unlisted;
  room.seen.forget(claim);
  const ended = found.findLast(({ one }) => !room.seen.wasEnded(one.id));
  return ended ? seeEnded(ended.one) : { is: 'absent' };
}

async function observeLive(
  room: Ec2Room,
  { account, one }: Found,
  others: readonly Found[],
  look: LookSpec,
  call: Call,
): Promise<Observation> {
  room.seen.listed(one.claim, account, one.id);
  await endDoubles(room, others, call);
  const silence = one.state === 'running' && look.power === 'on' && room.silent.get(claimName(one.claim));
  if (silence) {
    const printed = await room.consoles.text(one.claim, () => Promise.resolve({ account, id: one.id }), 0, call);
    const hint = [silence.hint, anewHint].filter((text) => text !== undefined).join(' ');
    return { is: 'broken', ...silence, hint, lastLines: lastLines(printed) };
  }
  return seeLive(one, look, room.clock.now(), () => room.consoles.hostKeys(one.claim, { account, id: one.id }, call));
}

/** There should be none; see `launch` for how there can be. */
async function endDoubles(room: Ec2Room, others: readonly Found[], call: Call): Promise<void> {
  for (const { account, one } of others) {
    call.log.warn('ec2.double', { claim: claimName(one.claim), instance: one.id });
    try {
      await end(room, account, [one.id], call);
    } catch (error) {
      // The one that counts is there; the next look tries again.
      call.log.warn('ec2.double-stays', { instance: one.id, error: describeError(error) });
    }
  }
}

/** What we know of and the listing lacks: listings lag, so that alone is no proof that it is gone. */
function seeUnlisted(room: Ec2Room, claim: Claim, found: readonly Found[]): Observation | undefined {
  const known = room.seen.recent(claim);
  if (!known || found.some(({ one }) => one.id === known.id)) return undefined;
  if (room.seen.wasEnded(known.id)) return room.seen.endedLately(known.id) ? leaving(claim) : undefined;
  if (known.listed) throw notListed(claim, known.id);
  return { is: 'arriving', note: `${known.id} is asked for; EC2 does not list it yet`, lookAgainMs: 500 };
}
