import { type Claim, claimName } from '../../domain/claim.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import type { Call, Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { consoles } from './consoles.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { type Ec2AccountSettings, ec2Accounts } from './ec2-account.ts';
import type { Ec2Room } from './ec2-room.ts';
import { ownInstances } from './find-instances.ts';
import { imageDisks } from './image-disks.ts';
import { observe } from './observe.ts';
import { readConsole } from './read-console.ts';
import { setPower } from './set-power.ts';
import { sightings } from './sightings.ts';

export interface Ec2MachinesOptions {
  /** By their names under `machines` in `wizard.yml`. */
  readonly accounts: Readonly<Record<string, Ec2AccountSettings>>;
  /** Name of this server, as in `wizard.yml`: two of them may share an account. */
  readonly instance: string;
  /** Those that never answered are broken. */
  readonly silent: SilentMachines;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The driver of kind `ec2`: a machine of its own for an environment. It is found by its tags, which are set in the call that makes
 * it; nothing is kept on our side that a restart would miss. Facts: `claim`, `address`, `port`, `hostKeys` (empty until the console
 * shows them, which may be after "ready"), `instance`, `privateAddress`, `type`.
 */
export function ec2Machines({ accounts, instance, silent, clock, log }: Ec2MachinesOptions): ResourceDriver {
  const room: Ec2Room = {
    accounts: ec2Accounts(accounts),
    ours: instance,
    clock,
    seen: sightings(clock),
    consoles: consoles(clock),
    disks: imageDisks(),
    silent,
    openTries: new Map(),
    mismatches: new Map(),
    inTurn: oneAtATime(),
  };
  log.debug('ec2.open', { machines: Object.keys(accounts) });
  return {
    kind: 'ec2',
    traits: { visibleAfterMs: 60_000, lateMs: 60_000, lookEveryMs: 60_000, replacing: 'costly' },
    observe: (claim, spec, call) => observe(room, claim, spec, call),
    create: (claim, spec, call) => room.inTurn(claimName(claim), call.signal, () => create(room, claim, spec, call)),
    destroy: (claim, call) => room.inTurn(claimName(claim), call.signal, () => destroy(room, claim, call)),
    update: (claim, spec, call) => room.inTurn(claimName(claim), call.signal, () => setPower(room, claim, spec, call)),
    owned: (call) => owned(room, call),
    readLog: (claim, from, call) => readConsole(room, claim, from, call),
  };
}

async function* owned(room: Ec2Room, call: Call): AsyncGenerator<Claim> {
  const names = new Set<string>();
  for (const account of room.accounts) {
    const asking = { doing: 'listing our machines', machine: account.machines[0] ?? '', signal: call.signal };
    for await (const one of ownInstances(account, room.ours, asking)) {
      if (names.has(claimName(one.claim)) || room.seen.endedLately(one.id)) continue;
      names.add(claimName(one.claim));
      yield one.claim;
    }
  }
}
