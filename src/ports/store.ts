import type { Claim, EnvironmentId } from '../domain/claim.ts';
import type { Choices, Environment } from '../domain/environment.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RepositoryRef } from '../domain/pull-request.ts';
import type { Resource } from '../domain/resource.ts';

/**
 * What we remember. Laws: what was acknowledged as durable survives a power cut, the rest survives our own death; a change is whole
 * or not at all; two callers never lose each other's change; a store that cannot write throws `fix-setup`, and nothing is lost.
 */
export interface Store {
  readonly deliveries: DeliveryStore;
  readonly environments: EnvironmentStore;
  readonly resources: ResourceJournal;
  readonly timeline: TimelineStore;
  readonly announcements: AnnouncementStore;
  close(): Promise<void>;
}

/** A webhook delivery as it is stored before we answer 2xx. */
export interface NewDelivery {
  /** `X-GitHub-Delivery`; a redelivery carries the same one. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly repositoryName: string | undefined;
  readonly number: number | undefined;
  readonly receivedAt: number;
  readonly body: Uint8Array;
  readonly decision: 'look' | 'ignored';
  /** A sentence an operator can read. */
  readonly reason: string;
  /** The pull request to mark dirty, with the id that its environment gets if this is the first we hear of it. */
  readonly mark: PullMark | undefined;
}

export interface PullMark {
  readonly repository: RepositoryRef;
  readonly number: number;
  /** Names to try, in order, for a new environment: the first that is free is its id for life. */
  readonly ids: readonly EnvironmentId[];
}

export interface Delivery extends Omit<NewDelivery, 'mark' | 'body'> {
  readonly id: number;
  readonly environment: EnvironmentId | undefined;
  readonly size: number;
  /** How often the same delivery came again. */
  readonly repeats: number;
  /**
   * The first delivery that is kept of those that brought the same body under another GUID: the signature covers the body but not the
   * GUID, so whoever once saw a delivery can send it again.
   */
  readonly sameBodyAs: number | undefined;
}

export interface DeliveryStore {
  /**
   * Durable when it answers; one transaction for the whole batch. Answers in order; a known GUID is a repeat, and marks nothing.
   */
  record(
    batch: readonly NewDelivery[],
  ): Promise<readonly { environment: EnvironmentId | undefined; repeat: boolean }[]>;
  /** Newest first, before the given id. */
  list(about: {
    readonly limit: number;
    readonly before?: number;
    readonly environment?: EnvironmentId;
  }): Promise<readonly Delivery[]>;
  findBody(id: number): Promise<Uint8Array | undefined>;
  /** Keeps the newest `keep`. */
  prune(keep: number): Promise<number>;
}

export interface EnvironmentStore {
  /** Counts `requested` up, making the record if there is none. Answers its id. Durable. */
  mark(mark: PullMark, at: number): Promise<EnvironmentId>;
  /** The same for a record that exists, with a change of what people chose; it is asked again when somebody else was quicker. */
  choose(id: EnvironmentId, change: (choices: Choices) => Choices): Promise<Environment>;
  find(id: EnvironmentId): Promise<Environment | undefined>;
  list(): Promise<readonly Environment[]>;
  /** Ids of those with a mark that no look has followed up, and of those that no pull request claims and that are not over. */
  listWaiting(): Promise<readonly EnvironmentId[]>;
  /** Writes the given fields. Not durable on its own: it follows from what is observed. */
  update(id: EnvironmentId, fields: Partial<Omit<Environment, 'id' | 'requested' | 'choices'>>): Promise<void>;
  /** Forgets records that closed before `before` and whose resources are all gone. */
  prune(before: number): Promise<number>;
  /** Makes a record for something that bears our label and that no pull request claims. */
  adoptOrphan(id: EnvironmentId, at: number): Promise<void>;
}

export interface ResourceJournal {
  of(environment: EnvironmentId): Promise<readonly Resource[]>;
  /** The intent: durable before it answers. One of a generation lower than the known is refused with `store/overtaken`. */
  intend(resource: Resource): Promise<void>;
  /** What was answered and seen. Survives our death, not a power cut: then we look again. */
  note(
    environment: EnvironmentId,
    role: string,
    fields: Partial<Omit<Resource, 'environment' | 'role'>>,
  ): Promise<void>;
  /** Resources not seen gone. */
  live(): Promise<readonly Pick<Resource, 'environment' | 'role' | 'generation'>[]>;
  /**
   * For the sweep: a claim that the journal does not know, to be looked at by the loop. Answers the role's generation afterwards, which
   * never falls: when it is higher than the claim's, the claim is a leftover, and nothing was changed.
   */
  adopt(claim: Claim, kind: string, at: number): Promise<number>;
  /** Drops records of roles gone before `before`, of all environments. */
  prune(before: number): Promise<void>;
}

/** One line of what happened, kept for people. */
export interface TimelineEntry {
  readonly id: number;
  readonly environment: EnvironmentId;
  readonly at: number;
  /** The plain role, or `environment`. */
  readonly about: string;
  /** Stable word: `create`, `ready`, `broken`, `destroy`, `gone`, `parked`, `phase`, `request`. */
  readonly what: string;
  readonly message: string;
  /** For `ready` and `gone`: how long it took. */
  readonly tookMs: number | undefined;
  readonly details: JsonObject;
}

export interface TimelineStore {
  add(entry: Omit<TimelineEntry, 'id'>): Promise<void>;
  /** Oldest first, after the given id. */
  list(
    environment: EnvironmentId,
    about: { readonly after?: number; readonly limit: number },
  ): Promise<readonly TimelineEntry[]>;
  /** Median of the last `ready` lengths of each plain role in this repository: the estimate on the live page. */
  usualMs(repository: RepositoryRef): Promise<Readonly<Record<string, number>>>;
  prune(keepOfEach: number): Promise<number>;
}

/** What an announcer was last told, and what it answered. */
export interface Announcement {
  readonly environment: EnvironmentId;
  readonly announcer: string;
  /** Hash of the news that was said. */
  readonly said: string | undefined;
  readonly handle: JsonObject | undefined;
  readonly failures: number;
  readonly notBefore: number;
}

export interface AnnouncementStore {
  find(environment: EnvironmentId, announcer: string): Promise<Announcement | undefined>;
  save(announcement: Announcement): Promise<void>;
}
