import { randomBytes } from 'node:crypto';
import type { RRType } from '@aws-sdk/client-route-53';
import type { Clock } from '../../../src/ports/clock.ts';

/** A record set as it stands in a zone. */
export interface CloudRecord {
  /** In lower case, with the dot at its end. */
  readonly name: string;
  readonly type: RRType;
  readonly ttl: number;
  readonly values: readonly string[];
  /** Tells record sets of the same name and type apart; missing: a simple one. */
  readonly setIdentifier?: string | undefined;
  readonly weight?: number | undefined;
}

/** One step of a batch that was taken: the record that stands now, or the one that is gone. */
export interface ZoneChange {
  readonly action: 'upsert' | 'delete';
  readonly record: CloudRecord;
}

export interface CloudZone {
  readonly id: string;
  /** With the dot at its end. */
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  readonly records: Map<string, CloudRecord>;
}

export interface CloudChange {
  readonly id: string;
  readonly comment: string | undefined;
  readonly at: number;
  status: 'PENDING' | 'INSYNC';
}

export interface Route53State {
  readonly clock: Clock;
  /** How long a change stays PENDING. */
  readonly insyncMs: number;
  readonly zones: Map<string, CloudZone>;
  readonly changes: Map<string, CloudChange>;
  /** Brings changes to a name server; a change is INSYNC only after it. */
  publish(zone: string, changes: readonly ZoneChange[]): Promise<void>;
  broken(error: unknown): void;
}

export const keyOf = ({ name, type, setIdentifier }: Pick<CloudRecord, 'name' | 'type' | 'setIdentifier'>): string =>
  [name, type, ...(setIdentifier === undefined ? [] : [setIdentifier])].join(' ');

/** An empty zone, which has its NS and SOA from the start. */
export function newZone(name: string, callerReference: string, comment?: string): CloudZone {
  const records: CloudRecord[] = [
    { name, type: 'NS', ttl: 172_800, values: ['ns-1.cloud.test.', 'ns-2.cloud.test.'] },
    { name, type: 'SOA', ttl: 900, values: ['ns-1.cloud.test. hostmaster.cloud.test. 1 7200 900 1209600 86400'] },
  ];
  const id = `Z${randomBytes(8).toString('hex').toUpperCase()}`;
  return { id, name, callerReference, comment, records: new Map(records.map((record) => [keyOf(record), record])) };
}

/** A change that is on its way to the name servers. */
export function newChange(state: Route53State, comment: string | undefined, publish: () => Promise<void>): CloudChange {
  const id = `C${randomBytes(8).toString('hex').toUpperCase()}`;
  const change: CloudChange = { id, comment, at: state.clock.now(), status: 'PENDING' };
  state.changes.set(id, change);
  const done = (): void => {
    publish()
      .then(() => {
        change.status = 'INSYNC';
      })
      .catch(state.broken);
  };
  if (state.insyncMs > 0) state.clock.after(state.insyncMs, done);
  else done();
  return change;
}
