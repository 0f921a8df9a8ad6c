import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from './path-kind.ts';

/** Room that is held by a file, so that it can be given up when there is none. */
export interface DiskReserve {
  isThere(): Promise<boolean>;
  /** Takes the room; false when it could not be had. */
  take(bytes: number): Promise<boolean>;
  giveUp(): Promise<void>;
}

const pieceBytes = 1024 ** 2;

/** The file `reserve` in a folder. */
export function diskReserve(folder: string): DiskReserve {
  const path = join(folder, 'reserve');
  const part = `${path}.part`;
  return {
    isThere: async () => (await orMissing(stat(path))) !== undefined,
    async take(bytes) {
      try {
        const file = await open(part, 'w', 0o600);
        try {
          // Noise: of zeros a file system that compresses would keep nothing.
          const piece = randomBytes(pieceBytes);
          for (let at = 0; at < bytes; at += pieceBytes) await file.write(piece);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, path);
        return true;
      } catch (error) {
        if (!isNoRoom(error)) throw error;
        await rm(part, { force: true });
        return false;
      }
    },
    async giveUp() {
      await rm(part, { force: true });
      await rm(path, { force: true });
    },
  };
}

/** The system's own word for it, anywhere in the chain. */
export function isNoRoom(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if ('code' in at && (at.code === 'ENOSPC' || at.code === 'EDQUOT')) return true;
  return false;
}
