import { posix } from 'node:path';

/**
 * Which repository of the same code host a `url` of `.gitmodules` means, as `owner/name`; `undefined` when it is of another host or of no
 * form that we know. The address itself never reaches git. `base` is how the repository around it is reached.
 */
export function submoduleRepository(url: string, base: string): string | undefined {
  const around = URL.canParse(base) ? new URL(base) : undefined;
  const aroundPath = around?.pathname ?? base;
  const place = /^\.\.?\//.test(url)
    ? { host: around?.hostname, path: posix.resolve(aroundPath, url) }
    : absolutePlace(url);
  if (!place || place.host !== around?.hostname) return undefined;
  const root = posix.dirname(posix.dirname(aroundPath));
  const steps = posix.relative(root, posix.resolve('/', place.path));
  const name = steps.replace(/\.git$/, '');
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*\/[A-Za-z0-9._-]+$/.test(name) ? name : undefined;
}

/** `https://HOST/OWNER/NAME.git`, or as people write it for SSH: which repository that is, not how it is reached. */
function absolutePlace(url: string): { readonly host: string | undefined; readonly path: string } | undefined {
  const [, sshHost, sshPath] = /^git@([A-Za-z0-9.-]+):([^:]+)$/.exec(url) ?? [];
  if (sshPath !== undefined) return { host: sshHost, path: sshPath };
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, pathname, search, hash } = new URL(url);
  const isPlain = ['https:', 'ssh:'].includes(protocol) && search === '' && hash === '';
  return isPlain ? { host: hostname, path: pathname } : undefined;
}
