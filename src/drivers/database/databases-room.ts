import type { Claim } from '../../domain/claim.ts';
import type { OneAtATime } from '../../kit/one-at-a-time.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import type { ClaimFiles } from './claim-files.ts';
import type { InstanceMaker } from './make-instance.ts';
import type { SavedFolder } from './saved-folder.ts';
import type { Servers } from './servers.ts';
import type { Spares } from './spares.ts';

/** A making on its way, or what came of one that failed. */
export interface DatabaseTask {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  note: string;
  failure: Observation | undefined;
}

/** What the parts of the driver share. */
export interface DatabasesRoom extends Pick<RunDriverOptions, 'secrets' | 'shared' | 'clock' | 'log'> {
  readonly files: ClaimFiles;
  readonly servers: Servers;
  readonly maker: InstanceMaker;
  readonly spares: Spares;
  readonly saved: SavedFolder;
  /** Golden copies of sources; those of empty databases. */
  readonly places: { readonly golden: string; readonly empty: string };
  /** Instance → who has it. */
  readonly owners: Map<string, Claim>;
  readonly tasks: Map<string, DatabaseTask>;
  readonly endings: Map<string, Promise<void>>;
  readonly inTurn: OneAtATime;
  readonly closed: AbortController;
}
