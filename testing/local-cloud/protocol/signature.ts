import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessKeys } from '../access-keys.ts';
import { CloudError } from './cloud-error.ts';
import type { ServiceName } from './service-model.ts';

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/;
const skewMs = 15 * 60_000;

/** What each service says; EC2 does not tell an unknown key from a wrong secret. */
const words = {
  ec2: {
    none: ['MissingAuthenticationToken', 'Request is missing Authentication Token'],
    unknown: ['AuthFailure', 'AWS was not able to validate the provided access credentials'],
    wrong: ['AuthFailure', 'AWS was not able to validate the provided access credentials'],
    expired: ['RequestExpired', 'Request has expired.'],
    skewed: ['RequestExpired', 'Request has expired.'],
  },
  route53: {
    none: ['MissingAuthenticationToken', 'Missing Authentication Token'],
    unknown: ['InvalidClientTokenId', 'The security token included in the request is invalid.'],
    wrong: ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.'],
    expired: ['ExpiredToken', 'The security token included in the request is expired'],
    skewed: ['SignatureDoesNotMatch', 'Signature not yet current or expired'],
  },
} as const;

/** How a service refuses a caller: each has words of its own. */
export function refusedCaller(service: ServiceName, why: keyof (typeof words)['ec2']): CloudError {
  const [code, message] = words[service][why];
  return new CloudError(code, message);
}

/**
 * Checks Signature Version 4 with a canonical request of our own: nothing of a client's signer is trusted. Throws as the service does.
 * Time is the machine's, since clients sign with it.
 */
export function checkSignature(
  service: ServiceName,
  region: string,
  request: IncomingMessage,
  body: Buffer,
  keys: AccessKeys,
): void {
  const match = form.exec(request.headers.authorization ?? '');
  if (match === null) throw refusedCaller(service, 'none');
  const [, id = '', day = '', inRegion = '', forService = '', signed = '', signature = ''] = match;
  const key = keys.find(id);
  if (key === undefined || key.sessionToken !== headerOf(request, 'x-amz-security-token')) {
    throw refusedCaller(service, 'unknown');
  }
  const at = headerOf(request, 'x-amz-date') ?? '';
  const time = Date.parse(at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(time) || !at.startsWith(day)) throw refusedCaller(service, 'wrong');
  if (Math.abs(Date.now() - time) > skewMs) throw refusedCaller(service, 'skewed');
  if (inRegion !== region || forService !== service) throw refusedCaller(service, 'wrong');
  const canonical = canonicalRequest(request, signed.split(';'), body);
  if (canonical === undefined) throw refusedCaller(service, 'wrong');
  const scope = `${day}/${inRegion}/${forService}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const signing = [day, inRegion, forService, 'aws4_request'].reduce<Buffer>(
    hmac,
    Buffer.from(`AWS4${key.secretAccessKey}`),
  );
  if (!timingSafeEqual(hmac(signing, text), Buffer.from(signature, 'hex'))) throw refusedCaller(service, 'wrong');
  if (key.expired) throw refusedCaller(service, 'expired');
}

/** Undefined when a header that must be signed is not, or the body is not what its hash says. */
function canonicalRequest(request: IncomingMessage, signed: readonly string[], body: Buffer): string | undefined {
  const must = [
    'host',
    'x-amz-date',
    ...(request.headers['x-amz-security-token'] === undefined ? [] : ['x-amz-security-token']),
  ];
  if (must.some((name) => !signed.includes(name)) || signed.join() !== signed.toSorted().join()) return undefined;
  const bodyHash = sha256(body);
  const saidHash = headerOf(request, 'x-amz-content-sha256');
  if (saidHash !== undefined && saidHash !== bodyHash) return undefined;
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const words = query.split('&').filter((word) => word !== '');
  const pairs = words.map((word) => word.split('=').map((part) => encode(decodeURIComponent(part))));
  return [
    request.method,
    // Encoded once more than on the wire, as for every service but S3.
    path.split('/').map(encode).join('/'),
    pairs
      .map(([name = '', value = '']) => `${name}=${value}`)
      .toSorted()
      .join('&'),
    ...signed.map((name) => `${name}:${(headerOf(request, name) ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    bodyHash,
  ].join('\n');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (what: string | Buffer): string => createHash('sha256').update(what).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
