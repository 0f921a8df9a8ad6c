import { isDeepStrictEqual } from 'node:util';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { type Claim, claimName } from '../../../domain/claim.ts';
import { codeOf, WizardError } from '../../../domain/wizard-error.ts';
import type { Call } from '../../../ports/call.ts';
import { plainAddress } from '../dns-spec.ts';
import { hostOfMarker, instanceMark, markerName, markerText, readMarker } from '../ownership.ts';
import type { Changing, ZoneRecords } from '../zone-records.ts';
import { changeBatches, type Route53Seen } from './change-batches.ts';
import type { Route53Account } from './route53-account.ts';
import { serviceCode } from './route53-error.ts';
import { type ZoneListing, zoneListing } from './zone-listing.ts';

/** A hosted zone of Route 53. A look lists the zone: what the API says is so, also while it travels to the name servers. */
export function route53Zone(
  account: Route53Account,
  { zoneId, instance }: { readonly zoneId: string; readonly instance: string },
): ZoneRecords<Route53Seen> {
  const list = zoneListing(account, zoneId);
  return {
    async look(claim, hosts, { signal }) {
      const listing = await list(signal);
      const ours = markerText(instance, claim);
      const all = new Set(hosts);
      for (const { host, text } of markersIn(listing)) if (text === ours) all.add(host);
      return [...all].map((host) => seeHost(listing, host, ours));
    },
    change: (about, call) => change({ account, zoneId, instance, list }, about, call),
    async hasArrived(id, { signal }) {
      const doing = `asking whether ${id} has reached the name servers`;
      return account.ask({ doing, signal }, async (route53, http) => {
        try {
          const { ChangeInfo: info } = await route53.getChange({ Id: id }, http);
          return info?.Status === 'INSYNC';
        } catch (error) {
          // Route 53 forgets changes that arrived long ago.
          if (serviceCode(error) === 'NoSuchChange') return true;
          throw error;
        }
      });
    },
    async *owned({ signal }) {
      const names = new Set<string>();
      for (const { text } of markersIn(await list(signal))) {
        const owner = readMarker(text);
        if (owner?.instance !== instanceMark(instance) || names.has(claimName(owner.claim))) continue;
        names.add(claimName(owner.claim));
        yield owner.claim;
      }
    },
  };
}

interface Zone {
  readonly account: Route53Account;
  readonly zoneId: string;
  readonly instance: string;
  readonly list: (signal: AbortSignal) => Promise<ZoneListing>;
}

async function change(zone: Zone, about: Changing<Route53Seen>, { signal }: Call): Promise<readonly string[]> {
  const { account, zoneId, instance } = zone;
  const { claim, steps, ttlSeconds, doing } = about;
  const marker = markerText(instance, claim);
  const ids: string[] = [];
  for (const changes of changeBatches(steps, { marker, ttlSeconds })) {
    const batch = { Comment: commentOf(claim), Changes: changes };
    try {
      const { ChangeInfo: info } = await account.ask({ doing, signal }, (route53, http) =>
        route53.changeResourceRecordSets({ HostedZoneId: zoneId, ChangeBatch: batch }, http),
      );
      if (info?.Id !== undefined && info.Status !== 'INSYNC') ids.push(info.Id.replace('/change/', ''));
    } catch (error) {
      if (codeOf(error) !== 'dns/changed') throw error;
      throw (await isAsSeen(zone, about, signal)) ? refusedChange(doing, error) : error;
    }
  }
  return ids;
}

/**
 * Route 53 has one code for a change that no longer fits to what is there, which the next look cures, and for one that it never takes
 * (a zone that is full, a name that it does not want). Which it was is told by what is there now.
 */
async function isAsSeen({ list, instance }: Zone, { steps, claim }: Changing<Route53Seen>, signal: AbortSignal) {
  const listing = await list(signal);
  const ours = markerText(instance, claim);
  return steps.every(({ seen }) => isDeepStrictEqual(seeHost(listing, seen.host, ours), seen));
}

const refusedChange = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: Route 53 does not take the change, although nothing else was changed`, {
    code: 'dns/refused-change',
    remedy: 'fix-setup',
    hint: 'Its own words say why: the zone may have as many records as AWS allows, or be another than "zone" under dns says.',
    cause,
  });

const commentOf = (claim: Claim): string => `shining-wizard ${claimName(claim)}`;

function* markersIn(listing: ZoneListing): Generator<{ readonly host: string; readonly text: string }> {
  for (const [name, sets] of listing) {
    const host = hostOfMarker(name);
    const text = host === undefined ? undefined : textOf(sets.find(({ Type }) => Type === 'TXT'));
    if (host !== undefined && text !== undefined) yield { host, text };
  }
}

function seeHost(listing: ZoneListing, host: string, ours: string): Route53Seen {
  const sets = listing.get(host) ?? [];
  const markerSet = listing.get(markerName(host))?.find(({ Type }) => Type === 'TXT');
  const marker = markerSet && (textOf(markerSet) ?? 'not a text of ours');
  const isOurs = marker === ours;
  const addressSets = sets.filter(isPlainAddress);
  const others = sets.filter((set) => ['A', 'AAAA', 'CNAME'].includes(set.Type ?? '') && !isPlainAddress(set));
  const [inTheWay] = isOurs ? others : [...others, ...addressSets];
  const ttls = addressSets.map(({ TTL = 0 }) => TTL);
  return {
    host,
    addresses: addressSets.flatMap(valuesOf).map(plainAddress),
    ...(ttls.length === 0 ? {} : { ttlSeconds: Math.max(...ttls) }),
    ...(marker === undefined ? {} : { marker }),
    ...(inTheWay === undefined ? {} : { taken: said(inTheWay) }),
    listed: isOurs,
    ...(markerSet === undefined ? {} : { markerSet }),
    addressSets,
  };
}

const isPlainAddress = (set: ResourceRecordSet): boolean =>
  (set.Type === 'A' || set.Type === 'AAAA') && set.SetIdentifier === undefined && set.ResourceRecords !== undefined;

const said = ({ Type, SetIdentifier, AliasTarget }: ResourceRecordSet): string =>
  `${AliasTarget ? 'an alias' : `${Type === 'CNAME' ? 'a' : 'an'} ${Type} record`}${SetIdentifier === undefined ? '' : ' with a routing policy'}`;

const valuesOf = ({ ResourceRecords = [] }: ResourceRecordSet): string[] =>
  ResourceRecords.map(({ Value = '' }) => Value);

/** Of a set with one value that is one string; missing where it is anything else. */
function textOf(set: ResourceRecordSet | undefined): string | undefined {
  const [value = '', ...more] = set ? valuesOf(set) : [];
  return more.length === 0 && set?.SetIdentifier === undefined ? /^"([^"\\]*)"$/.exec(value)?.[1] : undefined;
}
