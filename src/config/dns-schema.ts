import * as z from 'zod';
import { address, duration, line, webUrl } from './fields.ts';
import { accessKey } from './machine-schema.ts';
import { type Outside, secret } from './outside.ts';
import { settings } from './settings.ts';

/** `dns`: where names that lead to machines are registered. */
export const dnsSchema = (outside: Outside) =>
  z.discriminatedUnion('kind', [route53(outside), rfc2136(outside)], { error: 'expected settings with a kind' });

const common = {
  zone: line('a zone')
    .regex(/^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
      error: 'expected a zone such as preview.example.com',
    })
    .describe('The zone; `domain` is in it.'),
  ttl: duration().prefault('60s').describe('How long others may remember a record.'),
  register: z
    .enum(['at-once', 'when-live'])
    .prefault('at-once')
    .describe(
      'When a name is registered: as soon as the machine has its address, or when the application answers. Until then a wildcard of yours may lead it to the gateway, which shows the live page.',
    ),
};

const route53 = (outside: Outside) =>
  settings({
    kind: z.literal('route53').describe('Amazon Route 53.'),
    'zone-id': line('the id of a hosted zone')
      .regex(/^Z[A-Z0-9]{1,31}$/, { error: 'expected the id of a hosted zone, such as Z0123456789ABC' })
      .describe('Id of the hosted zone.'),
    endpoint: webUrl('the address of the Route 53 API')
      .exactOptional()
      .describe('Address of the API, where it is not the usual one.'),
    'access-key': accessKey(outside).exactOptional().describe('As for machines of kind `ec2`.'),
    ...common,
  });

const rfc2136 = (outside: Outside) =>
  settings({
    kind: z.literal('rfc2136').describe('Dynamic update of a name server of yours: BIND, Knot, PowerDNS.'),
    server: address().describe('The name server that may change the zone.'),
    key: settings({
      name: line('the name of a key')
        .regex(/^[A-Za-z0-9_.-]{1,200}$/, { error: 'expected the name of a key' })
        .describe('As the name server knows it.'),
      algorithm: z
        .enum(['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'])
        .prefault('hmac-sha256')
        .describe('Its algorithm.'),
      secret: secret(outside, 'the secret of the key').describe('Its secret, in base64.'),
    }).describe('TSIG key that may change the zone.'),
    ...common,
  });
