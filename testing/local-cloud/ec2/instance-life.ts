import type { InstanceStateName } from '@aws-sdk/client-ec2';
import type { StartedMachine } from '../cloud-machines.ts';
import { type CloudInstance, stateOf } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';

type Reason = NonNullable<CloudInstance['reason']>;

/** Makes its machine; `running` once that is up. */
export function launch(state: Ec2State, instance: CloudInstance): void {
  bringUp(state, instance, () => {
    const { request } = instance;
    const keyPair = state.keyPairs.find(({ name }) => name === request.KeyName);
    return state.machines.start({
      id: instance.id,
      privateIp: instance.privateIp,
      publicIp: instance.publicIp,
      userData: instance.userData,
      keyName: keyPair?.name,
      publicKey: keyPair?.publicKey,
      type: request.InstanceType ?? 'm1.small',
      imageId: request.ImageId ?? '',
      tags: Object.fromEntries(instance.tags),
      tokensRequired: request.MetadataOptions?.HttpTokens === 'required',
      hopLimit: request.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
      metadataEnabled: request.MetadataOptions?.HttpEndpoint !== 'disabled',
    });
  });
}

export function startAgain(state: Ec2State, instance: CloudInstance): void {
  become(state, instance, 'pending');
  if (instance.wantsPublicIp) instance.publicIp = state.nextAddress('public');
  instance.reason = undefined;
  bringUp(state, instance, () => state.machines.startAgain(instance.id, { publicIp: instance.publicIp }));
}

export function stop(state: Ec2State, instance: CloudInstance, reason: Reason): void {
  become(state, instance, 'stopping');
  instance.reason = reason;
  then(state, instance, async () => {
    await state.machines.stop(instance.id);
    await settled(state);
    if (stateOf(instance) !== 'stopping') return;
    instance.publicIp = undefined;
    become(state, instance, 'stopped');
  });
}

export function terminate(state: Ec2State, instance: CloudInstance, reason: Reason): void {
  if (['shutting-down', 'terminated'].includes(stateOf(instance))) return;
  become(state, instance, 'shutting-down');
  instance.reason = reason;
  then(state, instance, () => bury(state, instance));
}

function bringUp(state: Ec2State, instance: CloudInstance, start: () => Promise<StartedMachine>): void {
  instance.runs += 1;
  const run = instance.runs;
  then(state, instance, async () => {
    // Ended while it waited for its turn.
    if (stateOf(instance) !== 'pending') return;
    const started = await start().catch((error: unknown) => String(error));
    await settled(state);
    if (stateOf(instance) !== 'pending') return;
    if (typeof started === 'string') {
      instance.reason = { code: 'Server.InternalError', message: `Server.InternalError: ${started}` };
      await bury(state, instance);
      return;
    }
    instance.privateIp = started.addresses?.privateIp ?? instance.privateIp;
    if (instance.publicIp !== undefined) instance.publicIp = started.addresses?.publicIp ?? instance.publicIp;
    become(state, instance, 'running');
    void started.ended.then(() => endedItself(state, instance, run)).catch(state.broken);
  });
}

function endedItself(state: Ec2State, instance: CloudInstance, run: number): void {
  if (instance.runs !== run || stateOf(instance) !== 'running') return;
  const reason = {
    code: 'Client.InstanceInitiatedShutdown',
    message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
  };
  const ends =
    instance.request.InstanceInitiatedShutdownBehavior === 'terminate' || instance.spotRequestId !== undefined;
  if (ends) terminate(state, instance, reason);
  else stop(state, instance, reason);
}

/** The machine, its addresses and the volumes that end with it. */
async function bury(state: Ec2State, instance: CloudInstance): Promise<void> {
  await state.machines.terminate(instance.id);
  await settled(state);
  instance.publicIp = undefined;
  for (const volume of [...state.volumes.values()].filter(({ instanceId }) => instanceId === instance.id)) {
    volume.attached = false;
    if (volume.deletedWithInstance) state.volumes.delete(volume.id);
  }
  become(state, instance, 'terminated');
}

function become({ clock }: Ec2State, instance: CloudInstance, state: InstanceStateName): void {
  instance.history.push({ at: clock.monotonic(), state });
}

function then(state: Ec2State, instance: CloudInstance, step: () => Promise<void>): void {
  instance.work = instance.work.then(step).catch(state.broken);
}

function settled({ clock, settleMs }: Ec2State): Promise<void> {
  if (settleMs <= 0) return Promise.resolve();
  return new Promise((resolve) => void clock.after(settleMs, resolve));
}
