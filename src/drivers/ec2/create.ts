import { type Claim, claimName } from '../../domain/claim.ts';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { Ec2Account } from './ec2-account.ts';
import { accountOf, type Ec2Room, findIn, liveOf } from './ec2-room.ts';
import { type Ec2Spec, ec2SpecOf } from './ec2-spec.ts';
import { type Instance, isLive } from './instance.ts';
import { launch } from './launch.ts';

/** How long a machine that our token belongs to may be missing in listings before we take it for one of long ago. */
const tokenRestMs = 5 * 60_000;

/** Asks for the machine unless it is there: for one that ended, the loop must ask under another claim. */
export async function create(room: Ec2Room, claim: Claim, input: unknown, call: Call): Promise<void> {
  const spec = ec2SpecOf(input);
  const account = accountOf(room, spec.machine);
  if (!account) throw notConfigured(claim, spec);
  if (await isThere(room, account, claim, call)) return;
  const doing = `starting ${claimName(claim)}`;
  const disks = await room.disks(account, spec.image, { doing, machine: spec.machine, signal: call.signal });
  try {
    const { ours, openTries } = room;
    note(room, account, await launch({ account, claim, spec, ours, disks, openTries, call }));
  } catch (error) {
    if (codeOf(error) !== 'ec2/token-mismatch') throw error;
    await afterMismatch(room, account, claim, call, error);
  }
  room.mismatches.delete(claimName(claim));
}

async function isThere(room: Ec2Room, account: Ec2Account, claim: Claim, call: Call): Promise<boolean> {
  const found = await findIn(room, account, claim, call);
  const [live] = liveOf(room, found);
  if (live) note(room, account, live.one);
  else if (found.length > 0) throw spent(claim);
  return live !== undefined;
}

function note(room: Ec2Room, account: Ec2Account, one: Instance): void {
  room.openTries.delete(claimName(one.claim));
  // Some endpoints answer a token of long ago with the machine that it made, though that has ended.
  if (!isLive(one) || room.seen.wasEnded(one.id)) throw spent(one.claim);
  room.seen.launched(one.claim, account, one.id);
}

/**
 * The token was used with other parameters, so something was launched: perhaps by a version of ours that asked differently. It is
 * taken as it is once it is listed. What stays unlisted has ended long ago, and only its token is still known.
 */
async function afterMismatch(
  room: Ec2Room,
  account: Ec2Account,
  claim: Claim,
  call: Call,
  error: unknown,
): Promise<void> {
  if (await isThere(room, account, claim, call)) return;
  const name = claimName(claim);
  const since = room.mismatches.get(name) ?? room.clock.monotonic();
  room.mismatches.set(name, since);
  if (room.clock.monotonic() - since < tokenRestMs) throw error;
  room.mismatches.delete(name);
  room.openTries.delete(name);
  throw spent(claim);
}

const spent = (claim: Claim): WizardError =>
  new WizardError(`starting ${claimName(claim)}: a machine of this name has ended already`, {
    code: 'ec2/spent',
    remedy: 'try-again',
  });

const notConfigured = (claim: Claim, { machine }: Ec2Spec): WizardError =>
  new WizardError(`starting ${claimName(claim)}: wizard.yml has no ${machine} under machines`, {
    code: 'ec2/unknown-machine',
    remedy: 'fix-setup',
    hint: `Put machines.${machine} back, or name another machine in the recipe.`,
  });
