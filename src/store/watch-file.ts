import { type Stats, statSync } from 'node:fs';
import { WizardError } from '../domain/wizard-error.ts';
import { systemClock } from '../kit/clock.ts';

export interface FileWatch {
  /** Rejects when the file was deleted, or another was put in its place. */
  readonly lost: Promise<never>;
  stop(): void;
}

const everyMs = 2000;

/** Looks now and then whether the file is still the one that was opened: what is written to a deleted one is lost without an error. */
export function watchFile(path: string): FileWatch {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // Whoever awaits `lost` hears of it; without this a loss before that would end the process unexplained.
  lost.catch(() => undefined);
  const first = statSync(path);
  const look = (): void => {
    const now: Stats | undefined = statSync(path, { throwIfNoEntry: false });
    if (now?.ino === first.ino && now.dev === first.dev) cancel = systemClock.after(everyMs, look);
    else reject(lostFile(path, now !== undefined));
  };
  let cancel = systemClock.after(everyMs, look);
  return { lost, stop: () => cancel() };
}

const lostFile = (path: string, replaced: boolean): WizardError =>
  new WizardError(`holding the store: ${path} was ${replaced ? 'replaced by another file' : 'deleted'} while in use`, {
    code: 'store/lost',
    remedy: 'fix-setup',
    hint: 'Start the server again: with a backup in its place, or without a file. Then all is found again but approvals, pins and the past.',
  });
