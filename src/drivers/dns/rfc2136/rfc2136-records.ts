import type { Log } from '../../../ports/call.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { dnsRecords } from '../dns-records.ts';
import type { ServerAddress } from './exchange.ts';
import { nameServer } from './name-server.ts';
import { rfc2136Zone } from './rfc2136-zone.ts';
import type { TsigKey } from './tsig.ts';

export interface Rfc2136Options {
  /** Name of the zone: `preview.example.com`. */
  readonly zone: string;
  /** The primary name server of the zone. */
  readonly server: ServerAddress;
  /** May read and change the zone. */
  readonly key: TsigKey;
  /** Name of this server, as in `wizard.yml`: two of them may share a zone. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The driver of kind `rfc2136`: names of an environment on a name server that takes signed updates. Facts: none. */
export function rfc2136Records({ zone, server, key, instance, clock, log }: Rfc2136Options): ResourceDriver {
  log.debug('dns.open', { kind: 'rfc2136', zone });
  const records = rfc2136Zone(nameServer({ zone, server, key, clock }), instance);
  return dnsRecords({ kind: 'rfc2136', zone, instance, records, clock });
}
