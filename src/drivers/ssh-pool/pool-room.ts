import { z } from 'zod';
import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Argv } from '../../domain/recipe.ts';
import { type ClaimFolders, claimFolders } from '../../kit/claim-folders.ts';
import type { Secret } from '../../kit/secret.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DriverShared, Observation } from '../../ports/resource-driver.ts';

export interface PoolHost {
  readonly address: string;
  readonly port: number;
}

/** One entry of `machines` that is a pool of hosts. */
export interface SshPool {
  readonly hosts: readonly PoolHost[];
  /** Address as in `hosts` (with its port where it is not 22) → `ssh-ed25519 AAAA…`; others are pinned at the first login. */
  readonly hostKeys: Readonly<Record<string, string>>;
  readonly user: string;
  readonly key: Secret;
  /** Run as this user when a host is given back, after we have cleared away what is ours. */
  readonly clean?: Argv;
}

export interface SshPoolOptions {
  readonly dataDir: string;
  /** Tells our reservations from those of another server. */
  readonly instance: string;
  readonly pools: Readonly<Record<string, SshPool>>;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
}

const poolAbout = z.strictObject({
  machine: z.string(),
  /** As it was asked for, without what is not compared. */
  spec: z.record(z.string(), z.unknown()),
  /** The host that it has or had. */
  host: z.strictObject({ address: z.string(), port: z.number() }).optional(),
  /** `owed`: gone for everybody, but its host could not be cleared yet. */
  state: z.enum(['waiting', 'held', 'leaving', 'owed']),
});

export type PoolAbout = Omit<z.infer<typeof poolAbout>, 'spec'> & { readonly spec: JsonObject };

const readPoolAbout = (value: unknown): PoolAbout | undefined =>
  poolAbout.safeParse(value).data as PoolAbout | undefined;

/** Work that goes on between two looks. */
export interface PoolTask {
  observation(): Observation;
  stop(): void;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

export interface PoolRoom {
  readonly options: SshPoolOptions;
  readonly folders: ClaimFolders<PoolAbout>;
  readonly waits: Map<string, PoolTask>;
  readonly endings: Map<string, PoolTask>;
  /** Since when the host of a claim does not answer; monotonic. */
  readonly lostSince: Map<string, number>;
  /** Called when a host may have become free. */
  readonly freed: Set<() => void>;
  changed(claim: Claim): void;
}

export const newRoom = (options: SshPoolOptions, root: string): PoolRoom => ({
  options,
  folders: claimFolders(root, readPoolAbout),
  waits: new Map(),
  endings: new Map(),
  lostSince: new Map(),
  freed: new Set(),
  changed: ({ environment, role }) => options.shared.changed({ environment, role }),
});

/** `10.0.0.5`, or `10.0.0.5:2222`. */
export const hostText = ({ address, port }: PoolHost): string => (port === 22 ? address : `${address}:${port}`);
