import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { OneAtATime } from '../../kit/one-at-a-time.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Consoles } from './consoles.ts';
import type { Ec2Account } from './ec2-account.ts';
import { instancesOf } from './find-instances.ts';
import type { ImageDisks } from './image-disks.ts';
import { type Instance, isLive } from './instance.ts';
import type { OpenTries } from './launch.ts';
import type { Sightings } from './sightings.ts';

/** What the methods of the driver share. */
export interface Ec2Room {
  readonly accounts: readonly Ec2Account[];
  /** Name of this server: only what bears it is ours. */
  readonly ours: string;
  readonly clock: Clock;
  readonly seen: Sightings;
  readonly consoles: Consoles;
  readonly disks: ImageDisks;
  readonly silent: SilentMachines;
  readonly openTries: OpenTries;
  /** Claim → since when its token belongs to a machine that is not listed (monotonic). */
  readonly mismatches: Map<string, number>;
  readonly inTurn: OneAtATime;
}

/** A machine, and the account it is in. */
export interface Found {
  readonly account: Ec2Account;
  readonly one: Instance;
}

export function accountOf(room: Ec2Room, machine: string): Ec2Account | undefined {
  return room.accounts.find(({ machines }) => machines.includes(machine));
}

/** All machines of the claim, the oldest first. Where it is not known which account they are in, in all of them. */
export async function find(room: Ec2Room, claim: Claim, machine: string | undefined, call: Call): Promise<Found[]> {
  const one = machine === undefined ? undefined : accountOf(room, machine);
  const places = one ? [one] : room.accounts;
  const found = (await Promise.all(places.map((account) => findIn(room, account, claim, call)))).flat();
  if (machine !== undefined && !one && found.length === 0) throw unknownMachine(claim, machine);
  return found.toSorted((a, b) => a.one.startedAt - b.one.startedAt || (a.one.id < b.one.id ? -1 : 1));
}

export async function findIn(room: Ec2Room, account: Ec2Account, claim: Claim, call: Call): Promise<Found[]> {
  const asking = {
    doing: `looking for ${claimName(claim)}`,
    machine: account.machines[0] ?? '',
    signal: call.signal,
  };
  return (await instancesOf(account, room.ours, claim, asking)).map((one) => ({ account, one }));
}

/** Those that are there and that we did not end a moment ago. */
export const liveOf = (room: Ec2Room, found: readonly Found[]): Found[] =>
  found.filter(({ one }) => isLive(one) && !room.seen.endedLately(one.id));

/** Ends machines of one account. */
export async function end(room: Ec2Room, account: Ec2Account, ids: readonly string[], call: Call): Promise<void> {
  if (ids.length === 0) return;
  const asking = { doing: `ending ${ids.join(', ')}`, machine: account.machines[0] ?? '', signal: call.signal };
  await account.ask(asking, (ec2, http) => ec2.terminateInstances({ InstanceIds: [...ids] }, http));
  for (const id of ids) room.seen.ended(id);
}

export const notListed = (claim: Claim, id: string): WizardError =>
  new WizardError(`looking for ${claimName(claim)}: EC2 does not list ${id} at the moment`, {
    code: 'ec2/not-listed',
    remedy: 'try-again',
    afterMs: 5_000,
  });

/** Not "absent": it may well be there, in an account that we cannot ask any more. */
const unknownMachine = (claim: Claim, machine: string): WizardError =>
  new WizardError(`looking for ${claimName(claim)}: wizard.yml has no ${machine} under machines any more`, {
    code: 'ec2/unknown-machine',
    remedy: 'fix-setup',
    hint: `Put machines.${machine} back until what was made with it is gone.`,
  });
