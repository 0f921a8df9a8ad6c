import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { realPart } from './real-part.ts';

export type PoolKind = 'xfs' | 'btrfs' | 'plain';

const makers = {
  xfs: ['mkfs.xfs', '-q', '-m', 'reflink=1'],
  btrfs: ['mkfs.btrfs', '-q'],
} as const;

/** Why no disk of this kind can be made in a file here, or `false`. */
export const noPool = (kind: PoolKind): string | false =>
  kind === 'plain'
    ? false
    : realPart(`only root can mount ${kind} from a file, and it needs ${makers[kind][0]}`, canMake(kind));

export interface PoolDisk {
  readonly path: string;
  close(): void;
}

/** A real file system of its own in a sparse file; `plain`: a folder of the machine's own disk. */
export function poolDisk(kind: PoolKind, megabytes = 2000): PoolDisk {
  const folder = mkdtempSync(join(tmpdir(), `wizard-pool-${kind}-`));
  chmodSync(folder, 0o711);
  const path = join(folder, 'disk');
  mkdirSync(path, { mode: 0o711 });
  if (kind !== 'plain') {
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, megabytes * 1024 ** 2);
    const [program, ...options] = makers[kind];
    execFileSync(program, [...options, image]);
    execFileSync('mount', ['-o', 'loop,noatime', image, path]);
    chmodSync(path, 0o711);
  }
  return {
    path,
    close() {
      // Lazily: what is still open in it must not keep it.
      if (kind !== 'plain') execFileSync('umount', ['--lazy', path]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A disk for the tests of one suite: made before the first of them, gone after the last. */
export function suiteDisk(kind: PoolKind, megabytes?: number): PoolDisk {
  let disk: PoolDisk | undefined;
  before(() => {
    disk = poolDisk(kind, megabytes);
  });
  after(() => disk?.close());
  return {
    get path() {
      return disk?.path ?? assert.fail('the disk is there only while tests run');
    },
    close: () => undefined,
  };
}

function canMake(kind: Exclude<PoolKind, 'plain'>): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    poolDisk(kind, 400).close();
    return true;
  } catch {
    // No such program, or root without the right to mount, as in most containers.
    return false;
  }
}
