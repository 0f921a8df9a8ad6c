import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { differences, type IsOurs, isDamaged, isTrace, stepsTo } from './compare-records.ts';
import { dnsSpecOf, wantedOf } from './dns-spec.ts';
import { instanceMark, markerText, readMarker } from './ownership.ts';
import { underWay } from './under-way.ts';
import type { HostSeen, Step, ZoneRecords } from './zone-records.ts';

export interface DnsRecordsOptions<Seen extends HostSeen> {
  readonly kind: string;
  /** `preview.example.com` */
  readonly zone: string;
  /** Name of this server, as in `wizard.yml`: two of them may share a zone. */
  readonly instance: string;
  readonly records: ZoneRecords<Seen>;
  readonly clock: Clock;
}

const lookEveryMs = 5 * 60_000;
/** When a name is still held by something of ours that is on its way out. */
const busyMs = 10_000;

/**
 * The driver of names in a zone, whatever the zone is kept in. Everything of a claim is found by its markers in the zone itself.
 * Facts: none.
 */
export function dnsRecords<Seen extends HostSeen>(options: DnsRecordsOptions<Seen>): ResourceDriver {
  const { kind, zone, instance, records, clock } = options;
  const inTurn = oneAtATime();
  const moving = underWay(clock, (change, call) => records.hasArrived(change, call));
  const isOursFor = (claim: Claim): IsOurs => {
    const text = markerText(instance, claim);
    return ({ marker }) => marker === text;
  };

  async function observe(claim: Claim, spec: unknown, call: Call): Promise<Observation> {
    call.signal.throwIfAborted();
    const wanted = wantedOf(spec);
    const isOurs = isOursFor(claim);
    const all = await records.look(claim, [...(wanted?.records.keys() ?? [])], call);
    if (!all.some((seen) => isTrace(seen, isOurs))) {
      const going = await moving.look(claim, 'going', call);
      return going ? { is: 'leaving', ...going } : { is: 'absent' };
    }
    const drift = wanted ? differences(all, wanted, isOurs) : [];
    const damaged = all.filter((seen) => isDamaged(seen, isOurs)).map(({ host }) => host);
    if (damaged.length > 0) {
      return {
        is: 'broken',
        code: 'dns/changed',
        note: `somebody else changed ${someOf(damaged)}`,
        remedy: 'try-again',
        drift,
      };
    }
    const coming = await moving.look(claim, 'coming', call);
    return coming ? { is: 'arriving', ...coming, drift } : { is: 'ready', facts: {}, drift };
  }

  async function put(claim: Claim, input: unknown, call: Call): Promise<void> {
    call.signal.throwIfAborted();
    const spec = dnsSpecOf(input, zone);
    const isOurs = isOursFor(claim);
    const all = await records.look(claim, [...spec.records.keys()], call);
    const steps = stepsTo(all, spec, isOurs);
    for (const step of steps) refuseTaken(step, instance);
    if (steps.length === 0) return;
    const doing = `registering ${someOf([...spec.records.keys()])}`;
    const changes = await records.change({ claim, steps, ttlSeconds: spec.ttlSeconds, doing }, call);
    call.log.info('dns.registered', { claim: claimName(claim), steps: steps.map(inWords) });
    moving.begin(claim, 'coming', { changes, forgetMs: rememberedMs(steps) });
  }

  async function destroy(claim: Claim, call: Call): Promise<void> {
    call.signal.throwIfAborted();
    const isOurs = isOursFor(claim);
    const all = (await records.look(claim, [], call)).filter((seen) => isTrace(seen, isOurs));
    const steps = all.map((seen): Step<Seen> => ({ do: 'remove', seen }));
    if (steps.length === 0) return;
    const doing = `removing ${someOf(all.map(({ host }) => host))}`;
    const changes = await records.change({ claim, steps, ttlSeconds: 0, doing }, call);
    call.log.info('dns.removed', { claim: claimName(claim), steps: steps.map(inWords) });
    moving.begin(claim, 'going', { changes, forgetMs: rememberedMs(steps) });
  }

  return {
    kind,
    traits: { visibleAfterMs: 10_000, lateMs: 30_000, lookEveryMs, replacing: 'cheap' },
    observe,
    create: (claim, spec, call) => inTurn(claimName(claim), call.signal, () => put(claim, spec, call)),
    update: (claim, spec, call) => inTurn(claimName(claim), call.signal, () => put(claim, spec, call)),
    destroy: (claim, call) => inTurn(claimName(claim), call.signal, () => destroy(claim, call)),
    owned: (call) => records.owned(call),
  };
}

const someOf = (hosts: readonly string[]): string =>
  hosts.length <= 3 ? hosts.join(', ') : `${hosts.slice(0, 3).join(', ')} and ${hosts.length - 3} more`;

const inWords = (step: Step<HostSeen>): string =>
  step.do === 'remove' ? `remove ${step.seen.host}` : `${step.do} ${step.seen.host} ${step.address}`;

/** How long others may remember addresses that these steps take away. */
function rememberedMs(steps: readonly Step<HostSeen>[]): number {
  const ttls = steps.flatMap((step) => {
    const { addresses, ttlSeconds = 0 } = step.seen;
    const goes = step.do === 'remove' || (step.do === 'replace' && addresses.some((one) => one !== step.address));
    return goes && step.seen.marker !== undefined ? [ttlSeconds] : [];
  });
  return Math.max(0, ...ttls) * 1000;
}

/** Before anything is sent: who already has the name, in words that help. */
function refuseTaken(step: Step<HostSeen>, instance: string): void {
  const { host, marker, taken } = step.seen;
  if (step.do === 'remove') return;
  const owner = step.do === 'add' && marker !== undefined ? readMarker(marker) : undefined;
  if (owner?.instance === instanceMark(instance)) {
    throw new WizardError(`registering ${host}: ${claimName(owner.claim)} still has this name`, {
      code: 'dns/name-busy',
      remedy: 'try-again',
      afterMs: busyMs,
    });
  }
  if (owner) throw nameTaken(host, `it belongs to ${claimName(owner.claim)} of another server, ${owner.instance}`);
  if (step.do === 'add' && marker !== undefined)
    throw nameTaken(host, 'a TXT record that we did not write is at its marker');
  if (taken !== undefined) throw nameTaken(host, `there is ${taken} that is not ours`);
}

/** A record that is not ours has the name: it is never written over. */
export const nameTaken = (host: string, why: string): WizardError =>
  new WizardError(`registering ${host}: ${why}`, {
    code: 'dns/name-taken',
    remedy: 'fix-setup',
    hint: `Remove what stands at ${host} if nobody needs it, or choose other names with "host-name" in wizard.yml.`,
  });
