import { describeError, type Remedy, WizardError } from '../../domain/wizard-error.ts';
import { meaningOf } from './ec2-error-codes.ts';

export interface ErrorSetting {
  readonly doing: string;
  /** Entry under `machines` that the settings are from. */
  readonly machine: string;
  /** Asked when EC2 wants us to slow down. */
  readonly afterMs: () => number;
}

const longestMessage = 500;

/** What went wrong with a request to EC2, by its code or its kind, never by its text. */
export function ec2Error(error: unknown, setting: ErrorSetting): WizardError {
  if (error instanceof WizardError) return error;
  const code = serviceCode(error);
  if (code !== undefined) return refused(error, code, setting);
  if (isOfCredentials(error)) return noKey(error, setting);
  if (isOfTheWire(error)) return unreachable(error, setting);
  return about(`${setting.doing}: the answer is not what EC2 promises`, 'ec2/unexpected-answer', 'try-again', error);
}

function refused(error: unknown, code: string, { doing, machine, afterMs }: ErrorSetting): WizardError {
  const status = statusOf(error);
  const meaning = meaningOf(code, status);
  const hint = meaning.hint?.replaceAll('NAME', machine);
  return new WizardError(`${doing}: EC2 answered ${code}`, {
    code: meaning.code,
    remedy: meaning.remedy,
    ...(hint === undefined ? {} : { hint }),
    ...(meaning.code === 'ec2/throttled' ? { afterMs: afterMs() } : {}),
    ...(meaning.afterMs === undefined ? {} : { afterMs: meaning.afterMs }),
    // A refused signature is explained with the whole of what was signed.
    ...(meaning.code === 'ec2/refused-key' ? {} : { cause: inShort(error) }),
  });
}

/** EC2's code; missing where the error is not an answer of EC2's. */
function serviceCode(error: unknown): string | undefined {
  const name = field(error, 'name');
  if (typeof name !== 'string' || field(error, '$fault') === undefined) return undefined;
  // What could not be read has a status, but no code.
  return name === 'Error' || name === 'SyntaxError' ? undefined : name;
}

const noKey = (error: unknown, { doing, machine }: ErrorSetting): WizardError =>
  new WizardError(`${doing}: there is no key for AWS`, {
    code: 'ec2/no-key',
    remedy: 'fix-setup',
    hint: `Give "access-key" under machines.${machine}, or the server's environment a role or profile of AWS.`,
    cause: inShort(error),
  });

const unreachable = (error: unknown, { doing, machine }: ErrorSetting): WizardError =>
  new WizardError(`${doing}: no answer from EC2`, {
    code: 'ec2/unreachable',
    remedy: 'try-again',
    hint: `Check that this server can reach EC2, and "region" and "endpoint" under machines.${machine}.`,
    cause: inShort(error),
  });

const about = (doing: string, code: string, remedy: Remedy, cause: unknown): WizardError =>
  new WizardError(doing, { code, remedy, cause: inShort(cause) });

/** EC2 explains some refusals with kilobytes; SDK errors carry the whole request. */
const inShort = (error: unknown): Error => {
  const text = describeError(error).replaceAll(/\s+/g, ' ').trim();
  return new Error(text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text);
};

const isOfCredentials = (error: unknown): boolean =>
  ['CredentialsProviderError', 'ProviderError', 'TokenProviderError'].includes(String(field(error, 'name')));

const isOfTheWire = (error: unknown): boolean =>
  ['TimeoutError', 'AbortError'].includes(String(field(error, 'name'))) ||
  typeof field(error, 'errno') === 'number' ||
  /^(E[A-Z]+|ERR_SOCKET\w*|ERR_TLS\w*|HPE_\w+|UND_\w+|CERT_\w+|DEPTH_ZERO\w*|UNABLE_TO\w*)$/.test(
    String(field(error, 'code')),
  );

const statusOf = (error: unknown): number => Number(field(field(error, '$metadata'), 'httpStatusCode') ?? 0);

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
