import { processesInGroup } from './control-group.ts';
import { groupOfRun } from './group-of-run.ts';
import { bootId, isAlive, type ProcessStat, scanProcesses } from './process-table.ts';
import { readIfThere, runFiles } from './run-files.ts';
import { readRecord, wrapperOf } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';

/**
 * Every process of a run: those that carry its mark, wherever they went, those in a session that one of them leads, and those in its
 * control group.
 */
export async function findRunProcesses(state: RunsState, name: string): Promise<ProcessStat[]> {
  const directory = directoryOf(state, name);
  const record = await readRecord(directory);
  const group = await groupOfRun(state, name);
  const inGroup = new Set(group ? await processesInGroup(group) : []);
  const pidFile = record?.bootId === bootId() ? await readIfThere(runFiles(directory).pid) : undefined;
  const wrapper = wrapperOf(pidFile);
  // The id of a session is free for others once its leader and all members are gone, so it proves nothing without the leader.
  const session = wrapper && isAlive(wrapper) ? wrapper.pid : undefined;
  const marks = [`WIZARD_CLAIM=${name}`, `WIZARD_INSTANCE=${state.options.instance}`];
  const seen = await scanProcesses((stat, environment) => {
    // What it started is younger than it: most of a machine's processes need no second look.
    if (wrapper && stat.startTicks < wrapper.startTicks) return undefined;
    if (inGroup.has(stat.pid) || stat.session === session) return { stat, isMarked: true };
    const found = environment();
    return { stat, isMarked: marks.every((mark) => found.includes(mark)) };
  });
  // Where its record is lost nothing else tells its session.
  const led = new Set(seen.flatMap(({ stat, isMarked }) => (isMarked && stat.pid === stat.session ? [stat.pid] : [])));
  return seen.flatMap(({ stat, isMarked }) => (isMarked || led.has(stat.session) ? [stat] : []));
}

/** Names of runs of our kind that living processes say they belong to, known to us or not. */
export async function claimsInProcessTable(state: RunsState): Promise<Set<string>> {
  const { instance, kind } = state.options;
  const marks = [`WIZARD_INSTANCE=${instance}`, `WIZARD_KIND=${kind}`];
  const seen = await scanProcesses((stat, environment) => {
    const found = environment();
    if (!marks.every((mark) => found.includes(mark))) return undefined;
    const name = found.find((entry) => entry.startsWith('WIZARD_CLAIM='))?.slice('WIZARD_CLAIM='.length);
    return name === undefined ? undefined : { name, stat };
  });
  state.found.clear();
  for (const [name, all] of Map.groupBy(seen, (one) => one.name)) {
    state.found.set(
      name,
      all.map(({ stat }) => stat),
    );
  }
  return new Set(state.found.keys());
}

/**
 * Whether something of a run lives that we do not watch, as far as the last look at all processes knows. Cheap: they are looked at
 * again only when those that it found have ended.
 */
export async function livesUnrecorded(state: RunsState, name: string): Promise<boolean> {
  const known = state.found.get(name);
  if (!known || known.some(isAlive)) return known !== undefined;
  const now = await findRunProcesses(state, name);
  if (now.length > 0) state.found.set(name, now);
  else state.found.delete(name);
  return now.length > 0;
}
