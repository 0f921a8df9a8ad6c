import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { orMissing } from '../path-kind.ts';
import { Secret } from '../secret.ts';
import { writeWhole } from '../write-whole.ts';

/** Counted up when what a bake does to the accounts changes: copies of another form are locked again by each clone. */
const form = 2;
const lockShape = z.object({
  form: z.literal(form),
  keeper: z.string().min(32),
  later: z.array(z.string().regex(/^\w+(\/\w+)*$/)),
});

/** Says that only the keeper can sign in to the data of a golden copy, and as whom each clone begins. */
export interface GoldenLock {
  /** The keeper's password in the golden copy; each clone sets one of its own before it lets anybody in. */
  readonly keeper: Secret;
  /** Folders of the data that a server can start without: `base/1`. */
  readonly later: readonly string[];
}

const fileOf = (folder: string): string => join(folder, 'lock.json');

export const newKeeper = (): Secret => new Secret(randomBytes(32).toString('base64url'));

/** Beside the manifest, for the server's own user alone. */
export const writeLock = (folder: string, { keeper, later }: GoldenLock): Promise<void> =>
  writeWhole(fileOf(folder), `${JSON.stringify({ form, keeper: keeper.reveal(), later })}\n`, 0o600);

/** `undefined`: it is not locked, not in the present way, or somebody else baked it. */
export async function readLock(folder: string): Promise<GoldenLock | undefined> {
  try {
    const text = await orMissing(readFile(fileOf(folder), 'utf8'));
    const read = text === undefined ? undefined : lockShape.safeParse(JSON.parse(text)).data;
    return read && { keeper: new Secret(read.keeper), later: read.later };
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}
