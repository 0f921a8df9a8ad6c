import { WizardError } from '../../domain/wizard-error.ts';
import { Secret, type Secrets } from '../../kit/secret.ts';
import type { ServicesOptions } from './room.ts';
import type { ServicesSpec, SettingsValue } from './services-spec.ts';

const usualLimitMs = 60 * 60_000;

/** The same with what is to be signed signed: good for as long as the services may take. */
export async function signedSpec(spec: ServicesSpec, presign: ServicesOptions['presign']): Promise<ServicesSpec> {
  const signed = async (value: SettingsValue): Promise<SettingsValue> =>
    isPresigned(value) ? (await presign(value.presigned, spec.limitMs ?? usualLimitMs)).reveal() : value;
  const files = Object.entries(spec.files).map(async ([file, variables]) => {
    const values = Object.entries(variables).map(async ([name, value]) => [name, await signed(value)] as const);
    return [file, Object.fromEntries(await Promise.all(values))] as const;
  });
  return { ...spec, files: Object.fromEntries(await Promise.all(files)) };
}

const isPresigned = (value: SettingsValue): value is { presigned: string } =>
  typeof value !== 'string' && 'presigned' in value;

/** The text of each file as Docker reads it: `NAME=value`, one a line, nothing quoted. */
export function settingsFiles({ files }: Pick<ServicesSpec, 'files'>, secrets: Secrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([file, variables]) => [
      file,
      Object.entries(variables)
        .map(([name, value]) => `${name}=${textOf(name, value, file, secrets)}\n`)
        .join(''),
    ]),
  );
}

/** The secrets that these files carry: nothing of them may be shown. */
export function secretsOf({ files }: Pick<ServicesSpec, 'files'>, secrets: Secrets): Secrets {
  const values = Object.values(files).flatMap((variables) => Object.values(variables));
  const names = values.flatMap((value) => (typeof value !== 'string' && 'secret' in value ? [value.secret] : []));
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => names.includes(name)));
}

function textOf(name: string, value: SettingsValue, file: string, secrets: Secrets): string {
  const doing = `sending ${name} of ${file} to the machine`;
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) throw notOneLine(`${doing}: that cannot be a variable's name`);
  // What is signed only as it is sent has nothing to look at before.
  if (isPresigned(value)) return '';
  const text = typeof value === 'string' ? value : revealed(value.secret, doing, secrets);
  if (/[\n\r\0]/.test(text))
    throw notOneLine(`${doing}: it holds a line break, which the environment of a container cannot`);
  return text;
}

function revealed(name: string, doing: string, secrets: Secrets): string {
  const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (secret instanceof Secret) return secret.reveal();
  throw new WizardError(`${doing}: there is no secret called ${name}`, {
    code: 'services/unknown-secret',
    remedy: 'fix-setup',
    hint: `Add ${name} to the secrets of wizard.yml, or take it out of the recipe.`,
  });
}

const notOneLine = (message: string): WizardError =>
  new WizardError(message, { code: 'services/bad-variable', remedy: 'change-input', hint: 'Change it in the recipe.' });
