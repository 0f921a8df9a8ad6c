import { type Claim, claimName } from '../../../domain/claim.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { instanceMark, markerLabel, markerText, type Owner, readMarker } from '../ownership.ts';
import type { Asking, NameServer } from './name-server.ts';
import { dnsClass, textData, textsOf, type, type WireRecord } from './wire.ts';

/**
 * What we have in a zone, kept in the zone itself: most name servers do not let everybody list a zone. It is a TXT record for each
 * host, in 64 sets `00._shining-wizard.ZONE` … `3f.…`, by a hash of the environment. A record is added and taken away by itself, in
 * the same update as the host, so no two servers lose each other's. BIND takes no more than 100 records in a set.
 */
export interface Entry {
  readonly owner: Owner;
  readonly host: string;
}

const sets = 64;
const mostOfASet = 100;
const entryTtl = 60;

const setName = (zone: string, index: number): string =>
  `${index.toString(16).padStart(2, '0')}.${markerLabel}.${zone}`;

const setOf = (zone: string, claim: Claim): string =>
  setName(zone, Number.parseInt(stableHash(claim.environment, 8), 16) % sets);

/** The record that stands for one host of the claim. */
export function entryRecord(zone: string, about: { instance: string; claim: Claim; host: string }): WireRecord {
  const { instance, claim, host } = about;
  return {
    name: setOf(zone, claim),
    type: type.TXT,
    class: dnsClass.IN,
    ttl: entryTtl,
    data: Buffer.concat([textData(markerText(instance, claim)), textData(host)]),
  };
}

/** What to ask for, to hear of all hosts of the claim. */
export const entriesQuestion = (zone: string, claim: Claim) => ({ name: setOf(zone, claim), type: type.TXT });

/** Hosts of the claim, from the answer to `entriesQuestion`. */
export const hostsIn = (records: readonly WireRecord[], instance: string, claim: Claim): string[] =>
  entriesIn(records)
    .filter(({ owner }) => owner.instance === instanceMark(instance) && claimName(owner.claim) === claimName(claim))
    .map(({ host }) => host);

/** Every entry of this server, each claim's together. */
export async function allEntries(server: NameServer, instance: string, asking: Asking): Promise<readonly Entry[]> {
  const questions = Array.from({ length: sets }, (_, index) => ({
    name: setName(server.zone, index),
    type: type.TXT,
  }));
  const answers = await server.ask(questions, asking);
  return answers.flatMap(entriesIn).filter(({ owner }) => owner.instance === instanceMark(instance));
}

/** Refuses before the name server would, which says less. */
export function checkRoom(records: readonly WireRecord[], more: number, doing: string): void {
  // A wildcard of the zone may be among them, where we have nothing yet.
  if (entriesIn(records).length + more <= mostOfASet) return;
  throw new WizardError(`${doing}: the index of the zone has no room for more names`, {
    code: 'dns/zone-full',
    remedy: 'fix-setup',
    hint: 'A zone has room for some thousand names of ours: take another one, or close pull requests.',
  });
}

function entriesIn(records: readonly WireRecord[]): Entry[] {
  return records.flatMap(({ type: kind, data }) => {
    const [text = '', host = '', ...more] = kind === type.TXT ? textsOf(data) : [];
    const owner = readMarker(text);
    return owner && host !== '' && more.length === 0 ? [{ owner, host }] : [];
  });
}
