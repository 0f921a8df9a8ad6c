import { WizardError } from '../../domain/wizard-error.ts';
import type { Secret, Secrets } from '../../kit/secret.ts';
import type { CacheSpec } from './cache-spec.ts';

/** `undefined` where none is asked for; throws `cache/unknown-secret`. */
export function passwordOf(secrets: Secrets, { password }: CacheSpec): Secret | undefined {
  if (!password) return undefined;
  const secret = secrets[password.secret];
  if (secret) return secret;
  throw new WizardError(`starting a cache: there is no secret called ${password.secret}`, {
    code: 'cache/unknown-secret',
    remedy: 'fix-setup',
    hint: `Add ${password.secret} to the secrets of wizard.yml.`,
  });
}
