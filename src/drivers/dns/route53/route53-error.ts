import { describeError, type Remedy, WizardError } from '../../../domain/wizard-error.ts';

interface Meaning {
  readonly code: string;
  readonly remedy: Remedy;
  readonly hint?: string;
  readonly afterMs?: number;
}

const refusedKey: Meaning = {
  code: 'dns/refused-key',
  remedy: 'fix-setup',
  hint: 'Check "access-key" under dns: AWS does not know it, or its secret is another.',
};
const expiredKey: Meaning = {
  code: 'dns/expired-key',
  remedy: 'fix-setup',
  hint: 'Renew the session token under dns, and check the clock of this server.',
};
const notAllowed: Meaning = {
  code: 'dns/not-allowed',
  remedy: 'fix-setup',
  hint: 'Give the key under dns the rights listed in docs/dns.md.',
};
const noZone: Meaning = {
  code: 'dns/no-zone',
  remedy: 'fix-setup',
  hint: 'Check "zone-id" under dns: it is the id that Route 53 shows beside the hosted zone.',
};
const throttled: Meaning = { code: 'dns/throttled', remedy: 'try-again' };
const changed: Meaning = { code: 'dns/changed', remedy: 'try-again', afterMs: 1_000 };
const full: Meaning = {
  code: 'dns/zone-full',
  remedy: 'fix-setup',
  hint: 'The zone has as many records as AWS allows: ask AWS for more, or close pull requests.',
};
const trouble: Meaning = { code: 'dns/trouble', remedy: 'try-again' };

/** By the exact code. */
const byCode: Readonly<Record<string, Meaning>> = {
  IncompleteSignature: refusedKey,
  InvalidAccessKeyId: refusedKey,
  InvalidClientTokenId: refusedKey,
  InvalidSignatureException: refusedKey,
  MissingAuthenticationToken: refusedKey,
  SignatureDoesNotMatch: refusedKey,
  UnrecognizedClientException: refusedKey,
  ExpiredToken: expiredKey,
  ExpiredTokenException: expiredKey,
  RequestExpired: expiredKey,
  AccessDenied: notAllowed,
  AccessDeniedException: notAllowed,
  NotAuthorizedException: notAllowed,
  NoSuchHostedZone: noZone,
  InvalidChangeBatch: changed,
  LimitsExceeded: full,
  PriorRequestNotComplete: {
    code: 'dns/busy',
    remedy: 'try-again',
    hint: 'Route 53 is still at an earlier change of this zone.',
    afterMs: 2_000,
  },
  RequestLimitExceeded: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
};

const badSetting: Meaning = {
  code: 'dns/bad-setting',
  remedy: 'fix-setup',
  hint: 'Check "zone", "zone-id" and "endpoint" under dns in wizard.yml.',
};

const longestMessage = 500;

/** What went wrong with a request to Route 53, by its code or its kind, never by its text. */
export function route53Error(error: unknown, { doing, restMs }: { doing: string; restMs: () => number }): WizardError {
  if (error instanceof WizardError) return error;
  const code = serviceCode(error);
  if (code !== undefined) return refused(error, code, doing, restMs);
  if (['CredentialsProviderError', 'ProviderError', 'TokenProviderError'].includes(String(field(error, 'name')))) {
    return new WizardError(`${doing}: there is no key for AWS`, {
      code: 'dns/no-key',
      remedy: 'fix-setup',
      hint: 'Give "access-key" under dns, or the environment of this server a role or profile of AWS.',
      cause: inShort(error),
    });
  }
  if (isOfTheWire(error)) {
    return new WizardError(`${doing}: no answer from Route 53`, {
      code: 'dns/unreachable',
      remedy: 'try-again',
      hint: 'Check that this server can reach Route 53, and "endpoint" under dns.',
      cause: inShort(error),
    });
  }
  return new WizardError(`${doing}: the answer is not what Route 53 promises`, {
    code: 'dns/unexpected-answer',
    remedy: 'try-again',
    cause: inShort(error),
  });
}

/** Route 53's own name of a refusal; missing where the error is not an answer of Route 53. */
export function serviceCode(error: unknown): string | undefined {
  const name = field(error, 'name');
  if (typeof name !== 'string' || field(error, '$fault') === undefined) return undefined;
  // What could not be read has a status, but no code.
  return name === 'Error' || name === 'SyntaxError' ? undefined : name;
}

function refused(error: unknown, code: string, doing: string, restMs: () => number): WizardError {
  const status = Number(field(field(error, '$metadata'), 'httpStatusCode') ?? 0);
  const { afterMs, hint, ...meaning } = meaningOf(code, status);
  const after = meaning.code === 'dns/throttled' ? restMs() : afterMs;
  return new WizardError(`${doing}: Route 53 answered ${code}`, {
    ...meaning,
    ...(hint === undefined ? {} : { hint }),
    ...(after === undefined ? {} : { afterMs: after }),
    // A refused signature is explained with the whole of what was signed.
    ...(meaning.code === 'dns/refused-key' ? {} : { cause: inShort(error) }),
  });
}

function meaningOf(code: string, status: number): Meaning {
  if (Object.hasOwn(byCode, code)) return byCode[code] ?? trouble;
  if (status === 429) return throttled;
  return status >= 500 ? trouble : badSetting;
}

/** SDK errors carry the whole request. */
const inShort = (error: unknown): Error => {
  const text = describeError(error).replaceAll(/\s+/g, ' ').trim();
  return new Error(text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text);
};

const isOfTheWire = (error: unknown): boolean =>
  ['TimeoutError', 'AbortError'].includes(String(field(error, 'name'))) ||
  typeof field(error, 'errno') === 'number' ||
  /^(E[A-Z]+|ERR_SOCKET\w*|ERR_TLS\w*|HPE_\w+|UND_\w+|CERT_\w+|DEPTH_ZERO\w*|UNABLE_TO\w*)$/.test(
    String(field(error, 'code')),
  );

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
