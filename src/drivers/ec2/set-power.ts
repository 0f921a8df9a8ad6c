import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import { type Ec2Room, find, liveOf } from './ec2-room.ts';
import { lookSpecOf } from './ec2-spec.ts';
import type { Instance } from './instance.ts';

/** Starts or stops the machine: the one thing about it that can change. */
export async function setPower(room: Ec2Room, claim: Claim, input: unknown, call: Call): Promise<void> {
  const { machine, power } = lookSpecOf(input);
  const [first] = liveOf(room, await find(room, claim, machine, call));
  if (!first) throw notNow(claim, 'it is not there');
  const { account, one } = first;
  const doing = `${power === 'on' ? 'waking' : 'putting to sleep'} ${claimName(claim)}`;
  const asking = { doing, machine: machine ?? account.machines[0] ?? '', signal: call.signal };
  const ids = { InstanceIds: [one.id] };
  if (needs(claim, one, power) === 'start') await account.ask(asking, (ec2, http) => ec2.startInstances(ids, http));
  if (needs(claim, one, power) === 'stop') await account.ask(asking, (ec2, http) => ec2.stopInstances(ids, http));
}

function needs(claim: Claim, { state }: Instance, power: 'on' | 'off'): 'start' | 'stop' | undefined {
  if (power === 'on' && state === 'stopped') return 'start';
  if (power === 'off' && state === 'running') return 'stop';
  if (power === 'on' && state === 'stopping') throw notNow(claim, 'it is still being stopped');
  if (power === 'off' && state === 'pending') throw notNow(claim, 'it is still being started');
  return undefined;
}

const notNow = (claim: Claim, why: string): WizardError =>
  new WizardError(`starting or stopping ${claimName(claim)}: ${why}`, {
    code: 'ec2/wrong-state',
    remedy: 'try-again',
    afterMs: 5_000,
  });
