import { type Claim, claimName } from '../../../domain/claim.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import type { Call } from '../../../ports/call.ts';
import { nameTaken } from '../dns-records.ts';
import { plainAddress } from '../dns-spec.ts';
import { markerName, markerText, readMarker } from '../ownership.ts';
import type { Changing, HostSeen, ZoneRecords } from '../zone-records.ts';
import type { NameServer, Update } from './name-server.ts';
import { addressOf, isFree, updateOf } from './update-records.ts';
import { textsOf, type, type WireRecord } from './wire.ts';
import { allEntries, checkRoom, entriesQuestion, entryRecord, hostsIn } from './zone-index.ts';

/** As many hosts of one update as fit into a message even when their names are the longest. */
const hostsOfAnUpdate = 20;

/** A zone on a name server that takes dynamic updates. What it answers itself is so; others may lag behind it. */
export function rfc2136Zone(server: NameServer, instance: string): ZoneRecords<HostSeen> {
  return {
    async look(claim, hosts, { signal }) {
      const doing = `looking at the names of ${claimName(claim)}`;
      const [entries = []] = await server.ask([entriesQuestion(server.zone, claim)], { doing, signal });
      const listed = new Set(hostsIn(entries, instance, claim));
      const all = [...new Set([...hosts, ...listed])];
      const answers = await server.ask(all.flatMap(questionsFor), { doing, signal });
      return all.map((host, index) => seeHost(host, answers.slice(index * 3, index * 3 + 3), listed.has(host)));
    },
    change: (about, call) => change(server, instance, about, call),
    hasArrived: () => Promise.resolve(true),
    async *owned({ signal }) {
      const names = new Set<string>();
      const asking = { doing: `listing our names in ${server.zone}`, signal };
      for (const { owner } of await allEntries(server, instance, asking)) {
        if (names.has(claimName(owner.claim))) continue;
        names.add(claimName(owner.claim));
        yield owner.claim;
      }
    },
  };
}

const questionsFor = (host: string) => [
  { name: host, type: type.A },
  { name: host, type: type.AAAA },
  { name: markerName(host), type: type.TXT },
];

function seeHost(host: string, answers: readonly (readonly WireRecord[])[], listed: boolean): HostSeen {
  const [four = [], six = [], texts = []] = answers;
  const records = [...four, ...six];
  const addresses = records.filter((record) => addressOf(record) !== undefined);
  const isAlias = records.some((record) => record.type === type.CNAME);
  const marker = markerIn(texts);
  return {
    host,
    addresses: addresses.flatMap((record) => addressOf(record) ?? []).map(plainAddress),
    ...(addresses.length === 0 ? {} : { ttlSeconds: Math.max(...addresses.map(({ ttl }) => ttl)) }),
    ...(marker === undefined ? {} : { marker }),
    // Without a marker below the host it may be a wildcard that answers: then the prerequisites decide.
    ...(isAlias && marker !== undefined ? { taken: 'a CNAME record' } : {}),
    listed,
  };
}

/**
 * Missing where there is anything else than one marker: it may be a wildcard that answers, and where it is not, the prerequisites of an
 * update say so.
 */
function markerIn(records: readonly WireRecord[]): string | undefined {
  const texts = records.filter((record) => record.type === type.TXT).map(({ data }) => textsOf(data));
  const text = texts.length === 1 && texts[0]?.length === 1 ? texts[0][0] : undefined;
  return text !== undefined && readMarker(text) ? text : undefined;
}

async function change(
  server: NameServer,
  instance: string,
  { claim, steps, ttlSeconds, doing }: Changing<HostSeen>,
  { signal }: Call,
): Promise<readonly string[]> {
  const asking = { doing, signal };
  const marker = markerText(instance, claim);
  const adding = steps.filter((step) => step.do === 'add');
  if (adding.length > 0) {
    const [entries = []] = await server.ask([entriesQuestion(server.zone, claim)], asking);
    checkRoom(entries, adding.length, doing);
  }
  for (let from = 0; from < steps.length; from += hostsOfAnUpdate) {
    const part = steps.slice(from, from + hostsOfAnUpdate);
    const updates = part.map((step) => {
      const entry = entryRecord(server.zone, { instance, claim, host: step.seen.host });
      return updateOf(step, { marker, entry, ttlSeconds });
    });
    const [outcome] = await server.update([asOne(updates)], asking);
    if (outcome !== 'done') throw await whyNot(server, claim, part, asking);
  }
  return [];
}

const asOne = (updates: readonly Update[]): Update => ({
  prerequisites: updates.flatMap(({ prerequisites }) => prerequisites),
  changes: updates.flatMap(({ changes }) => changes),
});

/** Finds the host that somebody else has, by updates that change nothing. */
async function whyNot(
  server: NameServer,
  claim: Claim,
  steps: Changing<HostSeen>['steps'],
  asking: { readonly doing: string; readonly signal: AbortSignal },
): Promise<WizardError> {
  const hosts = steps.filter((step) => step.do === 'add').map(({ seen }) => seen.host);
  const outcomes = await server.update(
    hosts.map((host) => ({ prerequisites: isFree(host), changes: [] })),
    asking,
  );
  const taken = hosts.find((_, index) => outcomes[index] === 'exists');
  if (taken !== undefined) return nameTaken(taken, 'a record that is not ours is there');
  return new WizardError(`${asking.doing}: somebody else changed the names of ${claimName(claim)} meanwhile`, {
    code: 'dns/changed',
    remedy: 'try-again',
    afterMs: 1_000,
  });
}
