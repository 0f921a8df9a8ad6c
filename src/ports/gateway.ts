import type { EnvironmentId } from '../domain/claim.ts';

/** Where a host leads. Without `port` nothing serves it yet: the live page answers. */
export interface HostEntry {
  readonly environment: EnvironmentId;
  readonly endpoint: string;
  readonly port?: number;
  /** Of the machine that has the port; missing: this one. */
  readonly address?: string;
  /** The commit that the process behind `port` runs. */
  readonly revision?: string;
}

/** The exact host table: lower case host without port → entry; unknown is unknown. */
export interface HostTable {
  find(host: string): HostEntry | undefined;
}
