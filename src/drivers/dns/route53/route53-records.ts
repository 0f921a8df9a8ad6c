import type { Log } from '../../../ports/call.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { dnsRecords } from '../dns-records.ts';
import { type Route53Settings, route53Account } from './route53-account.ts';
import { route53Zone } from './route53-zone.ts';

export interface Route53Options extends Route53Settings {
  /** Name of the zone: `preview.example.com`. */
  readonly zone: string;
  /** Name of this server, as in `wizard.yml`: two of them may share a zone. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The driver of kind `route53`: names of an environment in a hosted zone of Amazon Route 53. Facts: none. */
export function route53Records({ zone, instance, clock, log, ...settings }: Route53Options): ResourceDriver {
  log.debug('dns.open', { kind: 'route53', zone });
  const records = route53Zone(route53Account(settings, clock), { zoneId: settings.zoneId, instance });
  return dnsRecords({ kind: 'route53', zone, instance, records, clock });
}
