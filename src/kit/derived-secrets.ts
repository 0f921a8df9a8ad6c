import { createHmac } from 'node:crypto';
import { Secret, type Secrets } from './secret.ts';

/** Names of secrets that nobody configures and nobody keeps: `service.shop-7.db`. */
const derivedName = /^service\.[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$/;

/**
 * The given secrets, and one for every name `service.ENVIRONMENT.SERVICE`: computed from the name with the server's key when it is asked
 * for, always the same, never written down. Listing shows only the given ones.
 */
export const derivedSecrets = (given: Secrets, key: Secret): Secrets =>
  new Proxy(given, {
    get(known, name) {
      if (typeof name !== 'string' || Object.hasOwn(known, name)) return Reflect.get(known, name) as Secret | undefined;
      if (!derivedName.test(name)) return undefined;
      return new Secret(createHmac('sha256', key.reveal()).update(name).digest('base64url'));
    },
  });
