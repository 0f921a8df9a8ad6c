import { randomBytes } from 'node:crypto';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Missing: a key that does not expire. */
  readonly sessionToken?: string;
}

interface KnownKey extends AccessKey {
  expired: boolean;
}

/** Who may call the cloud. */
export interface AccessKeys {
  /** A new key; `temporary` ones carry a session token, which can expire. */
  issue(options?: { temporary?: boolean }): AccessKey;
  /** From now on its session token is dead. */
  expire(accessKeyId: string): void;
  remove(accessKeyId: string): void;
  find(accessKeyId: string): Readonly<KnownKey> | undefined;
}

export function accessKeys(): AccessKeys {
  const known = new Map<string, KnownKey>();
  return {
    issue({ temporary = false } = {}) {
      const key: AccessKey = {
        accessKeyId: `${temporary ? 'ASIA' : 'AKIA'}${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        ...(temporary ? { sessionToken: randomBytes(60).toString('base64') } : {}),
      };
      known.set(key.accessKeyId, { ...key, expired: false });
      return key;
    },
    expire(accessKeyId) {
      const key = known.get(accessKeyId);
      if (key?.sessionToken === undefined) throw new Error(`${accessKeyId} has no session token that could expire`);
      key.expired = true;
    },
    remove: (accessKeyId) => void known.delete(accessKeyId),
    find: (accessKeyId) => known.get(accessKeyId),
  };
}
