import { WizardError } from '../../../domain/wizard-error.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { GitAccess } from '../../../ports/code-host.ts';

/**
 * The clone address with a token for it in git's environment: not in the address, not in argv, not in a file. The header is sent to
 * this origin only, redirects are refused, and no helper of the machine is asked for other credentials.
 */
export function gitAccess(baseUrl: string, cloneUrl: string, token: Secret): GitAccess {
  const origin = trustedOrigin(baseUrl, cloneUrl);
  if (origin === undefined) return { url: cloneUrl, env: { GIT_TERMINAL_PROMPT: '0' } };
  const basic = Buffer.from(`x-access-token:${token.reveal()}`).toString('base64');
  const settings: readonly (readonly [string, string])[] = [
    [`http.${origin}/.extraHeader`, `Authorization: Basic ${basic}`],
    ['http.followRedirects', 'false'],
    ['credential.helper', ''],
  ];
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    url: cloneUrl,
    env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(numbered) },
  };
}

/** The origin that gets the token; `undefined` for a folder of this machine, which only a code host on this machine may name. */
function trustedOrigin(baseUrl: string, cloneUrl: string): string | undefined {
  const api = new URL(baseUrl);
  const isHere = isLoopback(api.hostname);
  if (!URL.canParse(cloneUrl) || cloneUrl.startsWith('file:')) {
    if (isHere) return undefined;
    throw strangeAddress(cloneUrl);
  }
  const clone = new URL(cloneUrl);
  // `api.github.com` → `github.com`; an Enterprise server has both on one host.
  const isItsOwn = [api.hostname, api.hostname.replace(/^api\./, '')].includes(clone.hostname);
  const isSafe = clone.protocol === 'https:' || (isHere && isLoopback(clone.hostname));
  if (!isItsOwn || !isSafe) throw strangeAddress(cloneUrl);
  return clone.origin;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

const strangeAddress = (url: string): WizardError =>
  new WizardError(`reaching the repository by git: ${url} is not an https address of the code host`, {
    code: 'github/strange-clone-url',
    remedy: 'fix-setup',
    hint: 'Check base-url of the code host in wizard.yml: the token is only given to the same host.',
  });
