import type { TestContext } from 'node:test';
import { type ControlGroups, openControlGroups } from '../src/kit/supervised-run/control-group.ts';
import { realPart } from './real-part.ts';

/** Where control groups can be made; missing: they cannot be here, and the test is left out, which under CI is a failure. */
export async function groupsFor(context: TestContext, instance: string): Promise<ControlGroups | undefined> {
  const groups = await openControlGroups(instance);
  if (!('unavailable' in groups)) return groups;
  const because = realPart(`control groups cannot be made here: ${groups.unavailable}`, false);
  if (because !== false) context.skip(because);
  return undefined;
}
