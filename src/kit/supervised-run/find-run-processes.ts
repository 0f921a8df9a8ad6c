import { processesInGroup } from './memory-group.ts';
import { bootId, isAlive, type ProcessStat, scanProcesses } from './process-table.ts';
import { readIfThere, runFiles } from './run-files.ts';
import { readRecord, wrapperOf } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';

/** Every process of a run: those in its session, those in its control group, and those that carry its mark, wherever they went. */
export async function findRunProcesses(state: RunsState, name: string): Promise<ProcessStat[]> {
  const directory = directoryOf(state, name);
  const record = await readRecord(directory);
  const inGroup = new Set(record?.group ? await processesInGroup(record.group) : []);
  const pidFile = record?.bootId === bootId() ? await readIfThere(runFiles(directory).pid) : undefined;
  const wrapper = wrapperOf(pidFile);
  // The id of a session is free for others once its leader and all members are gone, so it proves nothing without the leader.
  const session = wrapper && isAlive(wrapper) ? wrapper.pid : undefined;
  const marks = [`WIZARD_CLAIM=${name}`, `WIZARD_INSTANCE=${state.options.instance}`];
  return scanProcesses((stat, environment) => {
    // What it started is younger than it: most of a machine's processes need no second look.
    if (wrapper && stat.startTicks < wrapper.startTicks) return undefined;
    if (inGroup.has(stat.pid) || stat.session === session) return stat;
    const found = environment();
    return marks.every((mark) => found.includes(mark)) ? stat : undefined;
  });
}

/** Names of runs of our kind that living processes say they belong to, known to us or not. */
export async function claimsInProcessTable(state: RunsState): Promise<Set<string>> {
  const { instance, kind } = state.options;
  const marks = [`WIZARD_INSTANCE=${instance}`, `WIZARD_KIND=${kind}`];
  const names = await scanProcesses((_, environment) => {
    const found = environment();
    if (!marks.every((mark) => found.includes(mark))) return undefined;
    return found.find((entry) => entry.startsWith('WIZARD_CLAIM='))?.slice('WIZARD_CLAIM='.length);
  });
  return new Set(names);
}
