import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import { systemClock } from '../clock.ts';
import { runCommand } from '../run-command.ts';
import { floorBytes, whileRoomy } from './pool-room.ts';

describe('work that fills a pool', { skip: noPool('xfs') }, () => {
  const disk = suiteDisk('xfs', 600);
  const about = (signal: AbortSignal, atOnce = 0) => ({
    ...{ doing: 'baking staging', atOnce, root: disk.path, clock: systemClock, signal },
  });
  const fill = (signal: AbortSignal) => {
    // At 100 MB in a second, whatever the disk can.
    const script = 'for i in $(seq 10000); do head -c 5M /dev/zero; sleep 0.05; done > "$1"';
    return runCommand(['sh', '-c', script, 'sh', join(disk.path, 'file')], { timeLimitMs: 60_000, signal });
  };

  test('is ended before nothing is left, and says why', async () => {
    const { signal } = new AbortController();
    await assert.rejects(whileRoomy(about(signal), fill), {
      code: 'database/pool-full',
      message: /^baking staging: only [0-9.]+ MB are free where clones lie, and 128\.0 MB are needed/,
    });
    const { bavail, bsize } = statfsSync(disk.path);
    assert.ok(bavail * bsize > floorBytes / 2, `${bavail * bsize}`);
    await rm(join(disk.path, 'file'));
  });

  test('does not begin where it would not fit; what fits is done, and who stops it is told so', async () => {
    const { signal } = new AbortController();
    const large = whileRoomy(about(signal, 2 * 600 * 1024 ** 2), () => assert.fail('it does not begin'));
    await assert.rejects(large, { code: 'database/pool-full' });
    assert.equal(await whileRoomy(about(signal), () => readFile('/proc/self/comm', 'utf8').then(() => 'done')), 'done');
    const stop = new AbortController();
    const stopped = whileRoomy(about(stop.signal), fill);
    stop.abort(new Error('the server stops'));
    await assert.rejects(stopped, (error: unknown) => codeOf(error) !== 'database/pool-full');
  });
});
