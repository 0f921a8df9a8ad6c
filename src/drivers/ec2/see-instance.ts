import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Remedy } from '../../domain/wizard-error.ts';
import type { Difference, Observation } from '../../ports/resource-driver.ts';
import type { LookSpec } from './ec2-spec.ts';
import type { Instance } from './instance.ts';

/** What a live machine is for the loop. `hostKeys` is not asked of one that only begins. */
export async function seeLive(
  one: Instance,
  spec: LookSpec,
  now: number,
  hostKeys: () => Promise<readonly string[]>,
): Promise<Observation> {
  const wait = (note: string): Observation => ({ is: 'arriving', note, lookAgainMs: lookAgainMs(one, now) });
  const wantsOn = spec.power === 'on';
  switch (one.state) {
    case 'running':
      if (addressOf(one, spec) === '') return wait(`${one.id} runs, but has no ${spec.address} address yet`);
      return ready(one, spec, await hostKeys(), wantsOn ? [] : [power('off', 'on')]);
    case 'stopped':
      return ready(one, spec, await hostKeys(), wantsOn ? [power('on', 'off')] : []);
    case 'stopping':
      // Not "arriving": that would count against the time it may take to be made.
      return wantsOn
        ? ready(one, spec, await hostKeys(), [power('on', 'stopping')])
        : wait(`${one.id} is going to sleep`);
    default:
      return wait(`EC2 is starting ${one.id}${one.type === '' ? '' : ` (${one.type})`}`);
  }
}

const power = (want: string, have: string): Difference => ({ field: 'power', want, have });

const ready = (one: Instance, spec: LookSpec, hostKeys: readonly string[], drift: Difference[]): Observation => ({
  is: 'ready',
  facts: factsOf(one, spec, hostKeys),
  drift,
});

const factsOf = (one: Instance, spec: LookSpec, hostKeys: readonly string[]): JsonObject => ({
  claim: claimName(one.claim),
  address: addressOf(one, spec),
  port: spec.sshPort,
  hostKeys,
  instance: one.id,
  privateAddress: one.privateAddress,
  type: one.type,
});

const addressOf = (one: Instance, { address }: LookSpec): string =>
  address === 'public' ? one.publicAddress : one.privateAddress;

/** EC2 sends no event. A machine takes some ten seconds, and somebody is waiting. */
function lookAgainMs({ startedAt }: Instance, now: number): number {
  const age = now - startedAt;
  if (age < 5_000) return 200;
  if (age < 30_000) return 500;
  return age < 120_000 ? 1_000 : 5_000;
}

/** Why a machine came to its end without anybody's wish, by EC2's reason for the change of state. */
const failures: Readonly<Record<string, Remedy>> = {
  'Client.InstanceInitiatedShutdown': 'try-again',
  'Client.InternalError': 'fix-setup',
  'Client.InvalidSnapshot.NotFound': 'fix-setup',
  'Client.VolumeLimitExceeded': 'fix-setup',
  'Server.InsufficientInstanceCapacity': 'try-again',
  'Server.InternalError': 'try-again',
};

const whyNotStarted =
  'The line below is the reason of AWS: mostly a limit on volumes, or a key that encrypts the image and may not be used.';

/** One that could not start, or shut itself down, is broken, so that it is not bought again and again; else it is just gone. */
export function seeEnded({ id, reason }: Instance): Observation {
  const remedy = Object.hasOwn(failures, reason.code) ? failures[reason.code] : undefined;
  if (remedy === undefined) return { is: 'absent' };
  const lastLines = reason.message === '' ? [] : [reason.message];
  if (reason.code === 'Client.InstanceInitiatedShutdown')
    return { is: 'broken', code: 'ec2/shut-down', note: `${id} was shut down from within`, remedy, lastLines };
  const note = `${id} ended as it started (${reason.code})`;
  const hint = remedy === 'fix-setup' ? { hint: whyNotStarted } : {};
  return { is: 'broken', code: 'ec2/not-started', note, remedy, lastLines, ...hint };
}

export const leaving = (claim: Claim): Observation => ({
  is: 'leaving',
  note: `EC2 is ending ${claimName(claim)}`,
  lookAgainMs: 1_000,
});
