import { nextTime } from '../kit/crontab.ts';
import type { BakeRecord } from './bake-record.ts';

/** What `bake` and `golden` of a data source say, without what only the bakers need. */
export interface BakePlan {
  /** Where images are pushed to; missing: none are made. */
  readonly image?: string;
  /** Golden databases are made. */
  readonly golden?: boolean;
  readonly schedule?: string;
  readonly timeZone: string;
  readonly keep: number;
}

/** How often a bake that the server's end cuts off is begun again by itself. */
export const mostTries = 3;
const failedKept = 10;

/** The version that new environments get: the newest complete one, whatever failed since. Records are newest first. */
export const currentOf = (records: readonly BakeRecord[], plan: Pick<BakePlan, 'image' | 'golden'>) =>
  records.find(
    (record) =>
      record.state === 'complete' &&
      (plan.image === undefined || record.image === plan.image) &&
      (!plan.golden || record.golden === true),
  );

/**
 * When the schedule is due: the first time it names after the last try ended, or after we first heard of it. Times that passed while
 * the server was down or a bake was under way are so made up once, and together.
 */
export function dueAt(
  { schedule, timeZone }: BakePlan,
  since: number,
  records: readonly BakeRecord[],
): number | undefined {
  if (schedule === undefined) return undefined;
  const last = records[0];
  return nextTime(schedule, timeZone, Math.max(since, last?.endedAt ?? last?.startedAt ?? 0));
}

/** Versions that stay on this machine: the newest `keep`, and those that the script of a machine names. */
export function keptVersions(
  records: readonly BakeRecord[],
  keep: number,
  isNamed: (version: string) => boolean,
): Set<string> {
  const versions = records.flatMap(({ state, version }) => (state === 'complete' && version ? [version] : []));
  return new Set(versions.filter((version, index) => index < keep || isNamed(version)));
}

/** Records that nobody asks for any more: versions that are not kept, and all but the newest failures. */
export function spentRecords(records: readonly BakeRecord[], kept: ReadonlySet<string>): readonly BakeRecord[] {
  const failed = records.filter(({ state }) => state === 'failed' || state === 'interrupted');
  return records.filter((record) => {
    if (record.state === 'running') return false;
    if (record.state === 'complete') return !kept.has(record.version ?? '');
    return failed.indexOf(record) >= failedKept;
  });
}
