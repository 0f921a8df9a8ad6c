import { join } from 'node:path';
import { type ControlGroups, openControlGroups } from './control-group.ts';
import { readRecord } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';

/** Tried once; where it does not work, runs have no group and so no limit. */
export function controlGroups(state: RunsState): Promise<ControlGroups | undefined> {
  state.groups ??= openControlGroups(state.options.instance).then((groups) => {
    if (!('unavailable' in groups)) return groups;
    state.options.log.warn('run.no-control-groups', { because: groups.unavailable });
    return undefined;
  });
  return state.groups;
}

/** Where the control group of the run is, if it has one. When its record is lost, where it would be. */
export async function groupOfRun(state: RunsState, name: string): Promise<string | undefined> {
  const record = await readRecord(directoryOf(state, name));
  if (record) return record.group;
  const groups = state.found.has(name) ? await controlGroups(state) : undefined;
  return groups && join(groups.root, name);
}
