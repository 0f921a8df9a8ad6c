import { type Claim, claimName } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import { type Ec2Room, end, findIn } from './ec2-room.ts';
import { isLive } from './instance.ts';

/** Begins the end of every machine of the claim, in whatever account it is. */
export async function destroy(room: Ec2Room, claim: Claim, call: Call): Promise<void> {
  call.signal.throwIfAborted();
  const looks = await Promise.allSettled(room.accounts.map((account) => findIn(room, account, claim, call)));
  const found = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
  const failures = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
  for (const { account, one } of found) {
    // Of one that has ended by itself nobody wants to hear again.
    if (one.state === 'terminated') room.seen.ended(one.id);
    else if (isLive(one)) await end(room, account, [one.id], call);
  }
  await endUnlisted(room, claim, new Set(found.map(({ one }) => one.id)), call);
  room.openTries.delete(claimName(claim));
  room.silent.delete(claimName(claim));
  if (failures.length === 0) return;
  // It is in one account only: where it was found, the others do not matter.
  if (found.length === 0) throw failures[0];
  call.log.warn('ec2.not-asked', { claim: claimName(claim), error: describeError(failures[0]) });
}

/** One that was answered for and is not listed yet. */
async function endUnlisted(room: Ec2Room, claim: Claim, listed: ReadonlySet<string>, call: Call): Promise<void> {
  const known = room.seen.recent(claim);
  if (known && !listed.has(known.id) && !room.seen.wasEnded(known.id)) await end(room, known.account, [known.id], call);
}
