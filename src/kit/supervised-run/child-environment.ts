import { delimiter, dirname } from 'node:path';
import type { Claim } from '../../domain/claim.ts';
import { claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { EnvironmentValue } from '../environment-value.ts';
import type { Secrets } from '../secret.ts';

export interface EnvironmentAsked {
  readonly env: Readonly<Record<string, EnvironmentValue>>;
  readonly secrets: Secrets;
  /** Fills `${port}` and is given as PORT. */
  readonly port?: number | undefined;
}

/** All that a run finds in its environment. Of ours it gets PATH, HOME and LANG, nothing else: no secret may leak. */
export function childEnvironment(asked: EnvironmentAsked): Record<string, string> {
  const { HOME = '/', LANG = 'C.UTF-8', PATH = '/usr/local/bin:/usr/bin:/bin' } = process.env;
  const given = Object.entries(asked.env).map(([name, value]) => [name, textOf(name, value, asked)]);
  return {
    // First, so that `node` is the one that runs the server.
    PATH: `${dirname(process.execPath)}${delimiter}${PATH}`,
    HOME,
    LANG,
    ...Object.fromEntries(given),
    ...(asked.port === undefined ? {} : { PORT: String(asked.port) }),
  };
}

/** What every process of a run carries, wherever it moves, so that it can be found without our records. */
export const marksOf = (claim: Claim, kind: string, instance: string): Record<string, string> => ({
  WIZARD_INSTANCE: instance,
  WIZARD_KIND: kind,
  WIZARD_CLAIM: claimName(claim),
});

function textOf(name: string, value: EnvironmentValue, { secrets, port }: EnvironmentAsked): string {
  if (typeof value === 'string') return port === undefined ? value : value.replaceAll(/\$\{port\}/g, String(port));
  if ('text' in value)
    return value.text.map((part) => (typeof part === 'string' ? part : reveal(name, part.secret, secrets))).join('');
  return reveal(name, value.secret, secrets);
}

function reveal(name: string, wanted: string, secrets: Secrets): string {
  const secret = secrets[wanted];
  if (secret) return secret.reveal();
  throw new WizardError(`setting ${name} for a run: there is no secret called ${wanted}`, {
    code: 'run/unknown-secret',
    remedy: 'fix-setup',
    hint: `Add ${wanted} to the secrets of wizard.yml, or take it out of the recipe.`,
  });
}
