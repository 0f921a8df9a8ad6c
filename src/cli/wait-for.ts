import type { Detail } from '../api/contract.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Client } from './client.ts';
import { followEnvironment } from './follow-environment.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export type Goal = 'live' | 'gone' | 'asleep';

export interface WaitOptions {
  readonly goal: Goal;
  /** As it was before the request. */
  readonly before: Detail;
  /** The answer to the request. */
  readonly asked: Detail;
  /** The last entry of the timeline before the request. */
  readonly after: number;
}

/** The server has read a request a moment before it has acted on it, and some requests change nothing: so long we do not believe an old state. */
const oldStateMs = 5_000;

/** Waits, showing what happens, until nothing more will come of the request. The answer is missing when it was forgotten. */
export async function waitFor(client: Client, terminal: Terminal, options: WaitOptions): Promise<Detail | undefined> {
  const { asked, before, goal } = options;
  const over = new AbortController();
  const progress = createProgress(terminal, goal);
  let current: Detail | undefined = asked;
  let cancel: (() => void) | undefined;
  const look = (believed: boolean): void => {
    if (current === undefined) over.abort();
    if (current === undefined || current.observed < asked.requested) return;
    cancel ??= terminal.after(oldStateMs, () => look(true));
    if ((believed || current.phaseSince !== before.phaseSince) && hasSettled(current, goal)) over.abort();
  };
  const signal = AbortSignal.any([terminal.signal, over.signal]);
  try {
    for await (const followed of followEnvironment(client, asked.id, { signal, after: options.after })) {
      if (followed.is === 'timeline') progress.happened(followed.entry);
      if (followed.is !== 'timeline') current = followed.is === 'environment' ? followed.environment : undefined;
      if (followed.is === 'environment') progress.show(followed.environment);
      look(false);
    }
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    cancel?.();
    progress.end();
  }
  return outcome(current, asked.id, goal);
}

/** Nothing more will happen by itself. */
function hasSettled({ phase, steps }: Detail, goal: Goal): boolean {
  if (goal === 'gone') return phase === 'closed' || phase === 'waiting';
  if (goal === 'asleep') return phase === 'asleep' ? steps.every(({ state }) => state === 'done') : phase === 'failed';
  if (phase === 'live') return steps.every(({ state }) => state === 'done' || state === 'leaving');
  return phase === 'failed' || phase === 'waiting' || phase === 'closed';
}

function outcome(found: Detail | undefined, id: string, goal: Goal): Detail | undefined {
  if (goal === 'gone' || found?.phase === goal) return found;
  if (found?.phase === 'failed') throw failed(found);
  throw new WizardError(`waiting for ${id}: it is not coming: ${found?.because ?? 'it was forgotten'}`, {
    code: 'cli/not-live',
    remedy: 'change-input',
    hint: `\`wizard show ${id}\` says more.`,
  });
}

function failed({ id, because, failure }: Detail): WizardError {
  const what = failure ? `${failure.step}: ${failure.message}` : because;
  const lines = (failure?.lastLines ?? []).map((line) => `\n    ${line}`).join('');
  return new WizardError(`making ${id} live: ${what}${lines}`, {
    code: 'cli/not-live',
    remedy: 'change-input',
    hint:
      failure?.hint ??
      (failure ? `\`wizard logs ${id} ${failure.step}\` shows its whole log.` : `\`wizard show ${id}\` says more.`),
  });
}
