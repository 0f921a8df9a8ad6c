import { createHash } from 'node:crypto';

const hash = (algorithm: string, ...parts: readonly Buffer[]): Buffer => {
  const one = createHash(algorithm);
  for (const part of parts) one.update(part);
  return one.digest();
};

const mixed = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));

/** What the server keeps of a password of the plugin `mysql_native_password`: `*` and 40 hexadecimal digits. */
export const nativePasswordHash = (password: string): string =>
  `*${hash('sha1', hash('sha1', Buffer.from(password)))
    .toString('hex')
    .toUpperCase()}`;

/** Proof of a password to the server that sent this scramble; `undefined` for a plugin that is not known here. */
export function passwordProof(plugin: string, password: string, scramble: Buffer): Buffer | undefined {
  if (password === '') return Buffer.alloc(0);
  const text = Buffer.from(password);
  if (plugin === 'mysql_native_password') {
    const once = hash('sha1', text);
    return mixed(once, hash('sha1', scramble, hash('sha1', once)));
  }
  if (plugin === 'caching_sha2_password') {
    const once = hash('sha256', text);
    return mixed(once, hash('sha256', hash('sha256', once), scramble));
  }
  return undefined;
}
