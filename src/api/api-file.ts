import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { WizardError } from '../domain/wizard-error.ts';
import { Secret } from '../kit/secret.ts';

const fileName = 'api.json';
const content = z.object({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(1) });

/** Where a running server is reached, and with what: for the CLI on the same machine. */
export interface ApiFile {
  readonly url: string;
  readonly token: Secret;
}

/** Written by the server when it listens; nobody but its own user may read it. */
export async function writeApiFile(dataDirectory: string, { url, token }: ApiFile): Promise<void> {
  const path = join(dataDirectory, fileName);
  const next = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(next, `${JSON.stringify({ url, token: token.reveal() })}\n`, { mode: 0o600 });
  // The mode above counts only for a new file.
  await chmod(next, 0o600);
  await rename(next, path);
}

/** What the server of this data directory wrote; `undefined` when none ever ran here. */
export async function findApiFile(dataDirectory: string): Promise<ApiFile | undefined> {
  const path = join(dataDirectory, fileName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  });
  if (text === undefined) return undefined;
  try {
    const { url, token } = content.parse(JSON.parse(text));
    return { url, token: new Secret(token) };
  } catch (error) {
    throw unreadable(path, error instanceof SyntaxError ? undefined : error);
  }
}

const unreadable = (path: string, cause: unknown): WizardError =>
  new WizardError(`reading ${path}, where the server says how it is reached`, {
    code: 'cli/api-file',
    remedy: 'fix-setup',
    hint: 'Run the command as the user who runs the server, or give --server and --token.',
    ...(cause === undefined ? {} : { cause }),
  });
