import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WizardError } from '../domain/wizard-error.ts';
import { makeFolders } from './make-folders.ts';
import { Secret, type Secrets } from './secret.ts';
import { writeWhole } from './write-whole.ts';

const keyFile = 'service-key';
/** As `serviceSecret` in domain/service-parts.ts makes them. */
const prefix = 'service.';
const passwordLength = 32;
const keyBytes = 32;

/** The secrets of `wizard.yml` and those of services, with the key that lies in the data directory; it is made the first time. */
export async function withServiceSecrets(secrets: Secrets, dataDir: string): Promise<Secrets> {
  makeFolders(dataDir);
  return serviceSecrets(secrets, await keyOf(join(dataDir, keyFile)));
}

/**
 * The given secrets, and beside them the password of every environment's own service, by its name. Nobody writes those down: each
 * follows from its name and the key. Listing shows only the given ones.
 */
export function serviceSecrets(given: Secrets, key: Buffer): Secrets {
  const passwordOf = (name: string): Secret =>
    new Secret(createHmac('sha256', key).update(name).digest('hex').slice(0, passwordLength));
  // A plain record of names cannot hold what is not known before.
  return new Proxy(given, {
    get: (known, name) =>
      typeof name === 'string' && name.startsWith(prefix) ? passwordOf(name) : Reflect.get(known, name),
  });
}

async function keyOf(path: string): Promise<Buffer> {
  const known = readKey(path);
  if (known) return known;
  await writeWhole(path, randomBytes(keyBytes).toString('hex'), 0o600);
  return readKey(path) ?? missing(path);
}

const missing = (path: string): never => {
  throw new Error(`reading ${path}: it was written and is gone`);
};

function damaged(path: string): never {
  throw new WizardError(`reading ${path}: it is not a key of ours`, {
    code: 'files/damaged-key',
    remedy: 'fix-setup',
    hint: 'Bring it back from a backup. Or remove it: then every environment with a service has to be redeployed.',
  });
}

function readKey(path: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
    return key.length === keyBytes ? key : damaged(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
