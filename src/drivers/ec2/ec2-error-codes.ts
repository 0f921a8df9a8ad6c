import type { Remedy } from '../../domain/wizard-error.ts';

export interface Meaning {
  readonly code: string;
  readonly remedy: Remedy;
  /** `NAME` stands for the entry under `machines`. */
  readonly hint?: string;
  readonly afterMs?: number;
}

const refusedKey: Meaning = {
  code: 'ec2/refused-key',
  remedy: 'fix-setup',
  hint: 'Check "access-key" under machines.NAME: AWS does not know it, or its secret is another.',
};
const expired: Meaning = {
  code: 'ec2/expired-key',
  remedy: 'fix-setup',
  hint: 'Renew the session token of machines.NAME, and check the clock of this server.',
};
const notAllowed: Meaning = {
  code: 'ec2/not-allowed',
  remedy: 'fix-setup',
  hint: 'Give the key of machines.NAME the rights listed in docs/machines.md.',
};
const throttled: Meaning = { code: 'ec2/throttled', remedy: 'try-again' };
const noCapacity: Meaning = {
  code: 'ec2/no-capacity',
  remedy: 'try-again',
  hint: 'AWS has no such machine free; more "types" under machines.NAME, or a subnet elsewhere, would help.',
  afterMs: 60_000,
};
const quota: Meaning = {
  code: 'ec2/quota',
  remedy: 'fix-setup',
  hint: 'Ask AWS for a higher quota, or close pull requests. It is tried again every few minutes.',
};
const trouble: Meaning = { code: 'ec2/trouble', remedy: 'try-again' };
const mismatch: Meaning = { code: 'ec2/token-mismatch', remedy: 'try-again', afterMs: 5_000 };
const spent: Meaning = { code: 'ec2/spent', remedy: 'try-again' };
const unknownInstance: Meaning = { code: 'ec2/not-listed', remedy: 'try-again', afterMs: 5_000 };
const wrongState: Meaning = { code: 'ec2/wrong-state', remedy: 'try-again', afterMs: 5_000 };
const guarded: Meaning = {
  code: 'ec2/protected',
  remedy: 'fix-setup',
  hint: 'Take the protection against termination or stopping off the instance.',
};
const notOffered: Meaning = {
  code: 'ec2/not-offered',
  remedy: 'fix-setup',
  hint: 'Check "types" and "subnet" under machines.NAME: what is asked for does not exist there.',
};

/** By the exact code. */
const byCode: Readonly<Record<string, Meaning>> = {
  AuthFailure: refusedKey,
  IncompleteSignature: refusedKey,
  InvalidAccessKeyId: refusedKey,
  InvalidClientTokenId: refusedKey,
  MissingAuthenticationToken: refusedKey,
  SignatureDoesNotMatch: refusedKey,
  UnrecognizedClientException: refusedKey,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  RequestExpired: expired,
  AccessDenied: notAllowed,
  AccessDeniedException: notAllowed,
  UnauthorizedOperation: notAllowed,
  Blocked: { ...notAllowed, hint: 'AWS has blocked the account of machines.NAME.' },
  OptInRequired: {
    ...notAllowed,
    hint: 'The account of machines.NAME has not signed up for this service or region.',
  },
  PendingVerification: { ...notAllowed, hint: 'AWS is still verifying the account of machines.NAME.' },
  EC2ThrottledException: throttled,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  InsufficientCapacity: noCapacity,
  InsufficientHostCapacity: noCapacity,
  InsufficientInstanceCapacity: noCapacity,
  InsufficientReservedInstanceCapacity: noCapacity,
  SpotMaxPriceTooLow: noCapacity,
  InstanceLimitExceeded: quota,
  MaxSpotInstanceCountExceeded: quota,
  VcpuLimitExceeded: quota,
  VolumeLimitExceeded: quota,
  InsufficientFreeAddressesInSubnet: {
    ...quota,
    code: 'ec2/no-addresses',
    hint: 'The subnet of machines.NAME has no free address: take a larger one, or close pull requests.',
  },
  Unsupported: notOffered,
  IdempotentParameterMismatch: mismatch,
  IdempotentInstanceTerminated: spent,
  'InvalidInstanceID.NotFound': unknownInstance,
  IncorrectInstanceState: wrongState,
  IncorrectState: wrongState,
  OperationNotPermitted: guarded,
  UnsupportedOperation: {
    code: 'ec2/unsupported',
    remedy: 'fix-setup',
    hint: 'The machine cannot do this: one that was bought as "spot", for example, cannot be stopped.',
  },
};

/** Codes that name what is wrong with a setting. */
const bySetting: readonly (readonly [RegExp, string])[] = [
  [/^InvalidAMI/, '"image"'],
  [/^InvalidSubnet/, '"subnet"'],
  [/^(VPCIdNotSpecified|VPCResourceNotSpecified)$/, '"subnet"'],
  [/^Invalid(SecurityGroup|Group)/, '"security-groups"'],
  [/^InvalidKeyPair/, '"key-name"'],
  [/^InvalidKey\.Format$/, '"key-name"'],
  [/^InvalidIamInstanceProfile/, '"profile"'],
  [/^InvalidInstanceType/, '"types"'],
  [/^(InvalidBlockDeviceMapping|InvalidVolume|InvalidSnapshot)/, '"disk-gb" and "image"'],
  [/^(InvalidTagKey|TagLimitExceeded)/, '"tags"'],
];
const anySetting = '"image", "types", "profile", "disk-gb" and "tags"';

/** What an error code of EC2 means for us. `status` is that of HTTP. */
export function meaningOf(code: string, status: number): Meaning {
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  if (known) return known;
  const setting = bySetting.find(([pattern]) => pattern.test(code))?.[1];
  if (setting !== undefined) return badSetting(setting);
  if (status === 429) return throttled;
  if (status >= 500 || /^(Internal(Error|Failure|ServiceError)|(Service)?Unavailable)$/.test(code)) return trouble;
  return badSetting(anySetting);
}

const badSetting = (which: string): Meaning => ({
  code: 'ec2/bad-setting',
  remedy: 'fix-setup',
  hint: `Check ${which} under machines.NAME in wizard.yml.`,
});
