import { canRead } from '../kit/crontab.ts';
import type { Complain } from './settings.ts';

/** Says what is wrong with `schedule` and `time-zone` of what is made again and again. */
export function rightTimes(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const { schedule = '@daily', 'time-zone': timeZone = 'UTC' } = value;
  const can = canRead(String(schedule), String(timeZone));
  if (!can.schedule) complain(['schedule'], 'expected five fields as in crontab, such as "0 4 * * *"');
  if (!can.timeZone) complain(['time-zone'], 'expected a time zone such as Asia/Tokyo');
}
