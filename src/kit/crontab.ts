import { Cron } from 'croner';

/** The first time after `afterMs` that the schedule names, in milliseconds since 1970; `undefined` when there is none (30 February). */
export const nextTime = (schedule: string, timeZone: string, afterMs: number): number | undefined =>
  read(schedule, timeZone).nextRun(new Date(afterMs))?.getTime();

/** Whether both can be read: five fields as in crontab, or `@daily` and its like, and a time zone of the IANA's list. */
export function canRead(
  schedule: string,
  timeZone: string,
): { readonly schedule: boolean; readonly timeZone: boolean } {
  const isZone = succeeds(() => new Intl.DateTimeFormat('en', { timeZone }));
  const isTime = /^@|^\S+( +\S+){4}$/.test(schedule.trim());
  return { timeZone: isZone, schedule: isTime && succeeds(() => read(schedule, 'UTC')) };
}

const read = (schedule: string, timezone: string): Cron =>
  new Cron(schedule, { timezone, paused: true, mode: '5-part' });

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
