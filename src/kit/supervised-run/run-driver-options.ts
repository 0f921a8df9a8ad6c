import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DriverShared } from '../../ports/resource-driver.ts';
import type { DiskGuard } from '../disk-guard.ts';
import type { Secrets } from '../secret.ts';

/** What a driver of supervised runs is opened with. */
export interface RunDriverOptions {
  readonly dataDir: string;
  /** Tells our runs from those of another server on this machine. */
  readonly instance: string;
  readonly secrets: Secrets;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
  /** Missing: the disk is never asked. */
  readonly disk?: DiskGuard | undefined;
}
