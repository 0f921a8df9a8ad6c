import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { freeSharedMemory } from '../../src/drivers/database/server-command.ts';
import { bakingFolder, clearBakingFolder, makeBakingFolder } from '../../src/drivers/golden-databases/baking-folder.ts';
import type { BakeRoom, EngineFamily } from '../../src/drivers/golden-databases/engine-family.ts';
import { familyOf } from '../../src/drivers/golden-databases/families.ts';
import { findPrograms, type ProgramCall } from '../../src/drivers/golden-databases/programs.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openCommand } from '../../src/kit/dumps/open-command.ts';
import { orMissing } from '../../src/kit/path-kind.ts';
import type { BenchEngine } from './asked.ts';
import type { Ground } from './ground.ts';

export const database = 'shop';

export interface PrivateRoom {
  readonly room: BakeRoom;
  readonly family: EngineFamily;
}

/** Gives the work an empty private server's folder below `root`, and takes all of it away afterwards. */
export async function withRoom<T>(
  { instance, signal }: Ground,
  engine: BenchEngine,
  root: string,
  work: (one: PrivateRoom) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const folder = bakingFolder(root, engine);
  await clearBakingFolder(folder);
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o711 });
    const programs = await findPrograms({ engine, container: undefined, folder, mark: instance, signal });
    await makeBakingFolder(folder, programs.owner);
    const room: BakeRoom = { folder, programs, clock: systemClock, signal };
    return await work({ room, family: familyOf(engine) });
  } finally {
    const lock = await orMissing(readFile(join(folder.data, 'postmaster.pid'), 'utf8'));
    await clearBakingFolder(folder);
    await freeSharedMemory(lock);
  }
}

/** Runs a program to its end, with a file as its input where one is given. */
export async function runWith(call: ProgramCall, doing: string, signal: AbortSignal, file?: string): Promise<void> {
  const command = openCommand(call, doing, () => undefined);
  const stop = (): void => command.stop();
  signal.addEventListener('abort', stop, { once: true });
  command.stdout.resume();
  try {
    if (file === undefined) command.stdin.end();
    const poured =
      file === undefined
        ? undefined
        : pipeline(createReadStream(file, { highWaterMark: 1024 ** 2 }), command.stdin, { signal });
    await Promise.all([command.ended, poured]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
