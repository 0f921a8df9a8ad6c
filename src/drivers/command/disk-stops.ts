import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { diskFullAbout } from '../../kit/disk-full.ts';
import { diskWaits } from '../../kit/disk-waits.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { lookAtRun, type RunRecord, type Verdict } from '../../kit/supervised-run/run-record.ts';
import type { RunView, SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';

/** What becomes of steps when the disk is full: they are ended at once, count as broken, and are run again when there is room. */
export interface DiskStops {
  running(name: string): void;
  /** It ended, or is gone. */
  over(name: string): void;
  /** Throws `disk/full` when too little is free to begin. */
  need(claim: Claim): Promise<void>;
  /** After a step ended by itself: when it failed on a full disk, the commit is not to blame. */
  judge(name: string, record: RunRecord): Promise<void>;
  /** Why it counts as broken; missing: the disk has nothing to do with it. */
  verdict(claim: Claim, view: RunView): Verdict | undefined;
}

const lookMs = 20;

export function diskStops({ disk, clock, log, shared }: RunDriverOptions, runsOf: () => SupervisedRuns): DiskStops {
  const running = new Set<string>();
  const waits = diskWaits(clock);
  /** How many bytes were free before the step, by its name. */
  const freeBefore = new Map<string, number>();
  const wait = (name: string, note: string): void => waits.add(name, { note, free: freeBefore.get(name) ?? 0 });

  const noteOf = (failed: string): Promise<string> =>
    disk
      ?.whyFailed(new Error(failed), { doing: 'running a step', since: Number.NEGATIVE_INFINITY })
      .then(describeError) ?? Promise.resolve(failed);

  async function end(name: string): Promise<void> {
    const claim = parseClaim(name);
    if (!claim) return;
    wait(name, await noteOf('it was stopped'));
    await runsOf().end(claim, { graceMs: 0, remove: false });
    while (running.has(name)) await pause(clock, lookMs);
  }

  /** What is left of it goes, so that it is seen as absent. */
  function again(name: string): void {
    const claim = parseClaim(name);
    if (!claim) return;
    runsOf()
      .end(claim, { graceMs: 0, remove: true })
      .catch((error: unknown) => log.error('command.disk', { name, error: describeError(error) }));
  }

  disk?.join({
    isBusy: () => running.size > 0,
    stop: async () => void (await Promise.all([...running].map(end))),
    goOn: (free) => {
      for (const name of waits.due(free)) again(name);
    },
  });

  return {
    running: (name) => void running.add(name),
    over(name) {
      running.delete(name);
      if (waits.note(name) === undefined) freeBefore.delete(name);
    },
    async need(claim) {
      try {
        freeBefore.set(claimName(claim), (await disk?.need('running a step')) ?? 0);
      } catch (error) {
        disk?.whenRoomy(claimName(claim), () => shared.changed(claim));
        throw error;
      }
    },
    async judge(name, record) {
      const run = await lookAtRun(directoryOf(name));
      if (run.is === 'ended' && run.status === 0) return waits.worked(name);
      if (!(await disk?.wasFullSince(record.startedAt))) return;
      const claim = parseClaim(name);
      const note = await noteOf('it failed');
      wait(name, note);
      // On the disk too, should there be room for it: else the next life of the server would blame the commit.
      if (claim) await runsOf().condemn(claim, { note, ...diskFullAbout });
    },
    verdict(claim, view) {
      if (!disk || view.is === 'absent' || view.is === 'leaving') return undefined;
      const name = claimName(claim);
      // One that a life of the server before this one condemned.
      if (view.is === 'over' && view.verdict?.remedy === 'fix-setup') wait(name, view.verdict.note);
      const note = waits.note(name);
      return note === undefined ? undefined : { note, ...diskFullAbout };
    },
  };

  function directoryOf(name: string): string {
    const claim = parseClaim(name);
    return claim ? runsOf().directory(claim) : '';
  }
}
