import type { Claim } from '../../domain/claim.ts';
import type { ClaimFolders } from '../../kit/claim-folders.ts';
import type { Secret, Secrets } from '../../kit/secret.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DriverShared, Observation } from '../../ports/resource-driver.ts';
import type { ServicesAbout } from './services-spec.ts';

export interface ServicesOptions {
  readonly dataDir: string;
  /** What the settings of services may name. */
  readonly secrets: Secrets;
  /** Signs a URL for the dump of a data source that lies in S3. */
  readonly presign: (source: string, forMs: number) => Promise<Secret>;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
}

/** Work on one machine that goes on between two looks. */
export interface Task {
  observation(): Observation;
  stop(): void;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** What the parts of this driver share. */
export interface Room {
  readonly options: ServicesOptions;
  readonly folders: ClaimFolders<ServicesAbout>;
  readonly follows: Map<string, Task>;
  readonly endings: Map<string, Task>;
  /** Runs that ended well since the last look: it need not ask the machine again, somebody waits for them. */
  readonly justDone: Set<string>;
  /** Writes a change of what is kept; nothing when it is not there any more. */
  change(claim: Claim, change: (about: ServicesAbout) => ServicesAbout): Promise<void>;
}
