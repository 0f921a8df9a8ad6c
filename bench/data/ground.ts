import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearContainers } from '../../src/drivers/golden-databases/programs.ts';
import { unmount } from '../../src/kit/clone/mounts.ts';
import { createPool } from '../../src/kit/pool/create-pool.ts';
import { removeTree } from '../../src/kit/remove-tree.ts';
import { runCommand } from '../../src/kit/run-command.ts';
import { CannotMeasure } from '../bench.ts';

/** Where all of a run lies. */
export interface Ground {
  /** Of our drivers' processes and containers. */
  readonly instance: string;
  /** A data directory whose golden copies and clones lie on an XFS with reflinks, in a file. */
  readonly pool: string;
  /** A data directory on the machine's own disk. */
  readonly plain: string;
  /** For private servers and dumps, on the machine's own disk. */
  readonly work: string;
  /** Mounts a file system in memory; it goes with the answer. */
  tmpfs(): Promise<{ readonly path: string; close(): Promise<void> }>;
  /** Aborts when the run is to end early. */
  readonly signal: AbortSignal;
  /** Done at the end, before the folders go, the last first. */
  onClose(work: () => Promise<void>): void;
  close(): Promise<void>;
}

const mebi = 1024 ** 2;
/** The largest golden copy twice, its dumps twice, an import and a copy, beside what the smaller ones take. */
const timesLargest = 7;
/** Servers keep logs of their own beside the data. */
const spareBytes = 2 * 1024 * mebi;

export const bytesNeeded = (sizes: readonly number[]): number =>
  timesLargest * Math.max(...sizes) * mebi + 2 * sum(sizes) * mebi + spareBytes;

/** Makes the folders and the pool, when there is room for `sizes`. Throws `CannotMeasure` otherwise. */
export async function openGround(sizes: readonly number[], signal: AbortSignal): Promise<Ground> {
  if (process.getuid?.() !== 0) throw new CannotMeasure('data: only root can mount the pool that this measures on.');
  await needRoom(bytesNeeded(sizes));
  const folder = await mkdtemp(join(tmpdir(), 'wizard-bench-data-'));
  await chmod(folder, 0o711);
  const instance = `bench-${process.pid}`;
  const closers: (() => Promise<void>)[] = [];
  const places = { pool: join(folder, 'p'), plain: join(folder, 'd'), work: join(folder, 'w') };
  const close = async (): Promise<void> => {
    for (const work of closers.reverse()) await work();
    await clearContainers(instance);
    await unmount(join(places.pool, 'pool'));
    await removeTree(folder);
  };
  try {
    for (const path of Object.values(places)) await mkdir(path, { mode: 0o711 });
    await createPool(places.pool, { bytes: 4 * sum(sizes) * mebi + 2 * spareBytes, signal, say: () => undefined });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ instance, ...places, signal, close },
    onClose: (work) => void closers.push(work),
    tmpfs: () => memoryDisk(folder, closers),
  };
}

async function memoryDisk(folder: string, closers: (() => Promise<void>)[]) {
  const path = await mkdtemp(join(folder, 'm'));
  const argv = ['mount', '-t', 'tmpfs', '-o', 'mode=711', 'tmpfs', path];
  await runCommand(argv, { timeLimitMs: 60_000, doing: 'mounting a file system in memory' });
  const close = async (): Promise<void> => {
    await unmount(path);
    await rm(path, { recursive: true, force: true });
  };
  closers.push(close);
  return { path, close };
}

async function needRoom(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize >= bytes) return;
  const gigabytes = (count: number): string => (count / 1024 ** 3).toFixed(0);
  throw new CannotMeasure(
    `data: this needs ${gigabytes(bytes)} GB below ${tmpdir()}, and ${gigabytes(bavail * bsize)} are free. Set TMPDIR to another disk, or ask for less: --quick, --sizes 100,1000.`,
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
