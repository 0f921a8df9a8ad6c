import type { Change } from '@aws-sdk/client-route-53';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import { type NameServerOptions, nameServer } from './rfc2136/name-server.ts';
import { triedUpdate } from './rfc2136/update-records.ts';
import { type as recordType } from './rfc2136/wire.ts';
import { type Route53Settings, route53Account } from './route53/route53-account.ts';
import { serviceCode } from './route53/route53-error.ts';

/** `dns` of `wizard.yml`, as far as it can be tried. */
export type DnsToCheck =
  | ({ readonly kind: 'route53'; readonly zone: string; readonly clock: NameServerOptions['clock'] } & Route53Settings)
  | ({ readonly kind: 'rfc2136' } & NameServerOptions);

/** Tries whether names could be registered, and leaves nothing behind. Answers in words for people; throws what would stop us. */
export const checkDns = (dns: DnsToCheck, call: Call): Promise<string> =>
  dns.kind === 'route53' ? checkRoute53(dns, call) : checkNameServer(dns, call);

/** Never a name of an environment: those have a number at their end. */
const triedHost = (zone: string): string => `shining-wizard-check.${zone}`;

async function checkNameServer({ zone, ...options }: NameServerOptions, { signal }: Call): Promise<string> {
  const asking = { doing: `trying the name server of ${zone}`, signal };
  const server = nameServer({ zone, ...options });
  const [records = []] = await server.ask([{ name: zone, type: recordType.SOA }], asking);
  if (records.length === 0) throw otherZone(zone, 'is not the name of a zone there');
  const [outcome] = await server.update([triedUpdate(triedHost(zone))], asking);
  if (outcome === 'done') return `the key may change ${zone}`;
  throw new WizardError(`${asking.doing}: there are records at ${triedHost(zone)}`, {
    code: 'dns/name-taken',
    remedy: 'fix-setup',
    hint: `Remove them: ${triedHost(zone)} is used for trying, and not kept.`,
  });
}

/** Asks for what cannot be: Route 53 looks at our rights first, so its answer says whether we have them. */
async function checkRoute53(dns: Extract<DnsToCheck, { kind: 'route53' }>, { signal }: Call): Promise<string> {
  const { zone, zoneId, clock } = dns;
  const account = route53Account(dns, clock);
  const asking = { doing: `trying the hosted zone ${zoneId}`, signal };
  const { ResourceRecordSets: [first] = [] } = await account.ask(asking, (route53, http) =>
    route53.listResourceRecordSets({ HostedZoneId: zoneId, MaxItems: 1 }, http),
  );
  const name = first?.Name?.toLowerCase().replace(/\.$/, '') ?? '';
  if (name !== zone) throw otherZone(zone, `is not the zone ${zoneId}, which is ${name}`);
  const missing: Change = {
    Action: 'DELETE',
    ResourceRecordSet: { Name: triedHost(zone), Type: 'TXT', TTL: 60, ResourceRecords: [{ Value: '"not there"' }] },
  };
  const question = { HostedZoneId: zoneId, ChangeBatch: { Changes: [missing] } };
  await account.ask(asking, (route53, http) =>
    unless('InvalidChangeBatch', route53.changeResourceRecordSets(question, http)),
  );
  await account.ask(asking, (route53, http) =>
    unless('NoSuchChange', route53.getChange({ Id: 'C00000000000000' }, http)),
  );
  return `the key may change ${zone}`;
}

async function unless(code: string, question: Promise<unknown>): Promise<void> {
  try {
    await question;
  } catch (error) {
    if (serviceCode(error) !== code) throw error;
  }
}

const otherZone = (zone: string, why: string): WizardError =>
  new WizardError(`trying to register names: ${zone} ${why}`, {
    code: 'dns/no-zone',
    remedy: 'fix-setup',
    hint: 'Let "zone" and "zone-id" or "server" under dns fit together.',
  });
