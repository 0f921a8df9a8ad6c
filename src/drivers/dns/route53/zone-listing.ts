import type { ListResourceRecordSetsCommandOutput, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { WizardError } from '../../../domain/wizard-error.ts';
import { unlessAborted } from '../../../kit/one-at-a-time.ts';
import type { Route53Account } from './route53-account.ts';

/** Record sets of a zone by name; names in lower case, without the dot at their end. */
export type ZoneListing = ReadonlyMap<string, readonly ResourceRecordSet[]>;

const listLimitMs = 60_000;

/**
 * Lists the whole zone. All who ask while a listing is under way share the next one, which begins after they asked: so what each of
 * them gets is no older than their question, and a hundred who look at once cost one listing.
 */
export function zoneListing(account: Route53Account, zoneId: string): (signal: AbortSignal) => Promise<ZoneListing> {
  let next: Promise<ZoneListing> | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const begin = (): Promise<ZoneListing> => {
    const listing = running.then(() => {
      next = undefined;
      return listZone(account, zoneId);
    });
    // Whoever waits hears of a failure; the next listing does not depend on it.
    running = listing.catch(() => undefined);
    return listing;
  };
  return async (signal) => {
    signal.throwIfAborted();
    next ??= begin();
    return unlessAborted(next, signal);
  };
}

type Page = Pick<ListResourceRecordSetsCommandOutput, 'NextRecordName' | 'NextRecordType' | 'NextRecordIdentifier'>;

async function listZone(account: Route53Account, zoneId: string): Promise<ZoneListing> {
  const asking = { doing: `listing the zone ${zoneId}`, signal: AbortSignal.timeout(listLimitMs) };
  const byName = new Map<string, ResourceRecordSet[]>();
  for (let from: Page | undefined = {}; from !== undefined; ) {
    const start: Page = from;
    const answer: ListResourceRecordSetsCommandOutput = await account.ask(asking, (route53, http) =>
      route53.listResourceRecordSets(
        {
          HostedZoneId: zoneId,
          StartRecordName: start.NextRecordName,
          StartRecordType: start.NextRecordType,
          StartRecordIdentifier: start.NextRecordIdentifier,
        },
        http,
      ),
    );
    for (const set of answer.ResourceRecordSets ?? []) {
      const name = plainName(set.Name ?? '');
      byName.set(name, [...(byName.get(name) ?? []), set]);
    }
    from = answer.IsTruncated === true ? nextPage(answer, asking.doing) : undefined;
  }
  return byName;
}

function nextPage({ NextRecordName, NextRecordType, NextRecordIdentifier }: Page, doing: string): Page {
  if (NextRecordName !== undefined) return { NextRecordName, NextRecordType, NextRecordIdentifier };
  throw new WizardError(`${doing}: there is more, but Route 53 does not say from where on`, {
    code: 'dns/unexpected-answer',
    remedy: 'try-again',
  });
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');
