import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { SavedState, StateKeeper } from '../../ports/saved-states.ts';
import type { DatabasesRoom } from './databases-room.ts';
import { saveState } from './save-state.ts';

export interface OpenStateKeeper extends StateKeeper {
  /** Cuts short what is being saved, and answers when those databases serve again. */
  close(): Promise<void>;
}

/** Saved states of the databases in `room`; `opened` settles when an earlier life's remains are away. */
export function stateKeeper(room: DatabasesRoom, opened: (signal: AbortSignal) => Promise<void>): OpenStateKeeper {
  const { saved, servers } = room;
  const closing = new AbortController();
  const saving = new Map<string, Promise<SavedState>>();
  return {
    async save(claim, about, call) {
      await opened(call.signal);
      closing.signal.throwIfAborted();
      const name = claimName(claim);
      if (saving.has(name)) throw busy(claim);
      const work = saveState(room, claim, about, AbortSignal.any([call.signal, closing.signal]));
      saving.set(name, work);
      return work.finally(() => saving.delete(name));
    },
    list: () => saved.list(),
    find: (name) => saved.find(name),
    async remove(name) {
      await opened(closing.signal);
      const clones = [...servers.room.live.values()].filter(({ record }) => record.checkpoint === name);
      if (clones.some(({ record }) => record.method === 'overlay')) throw inUse(name);
      if (await saved.find(name)) await saved.remove(name);
    },
    async close() {
      closing.abort(new WizardError('the server stops', { code: 'database/closing', remedy: 'try-again' }));
      await Promise.allSettled(saving.values());
    },
  };
}

const busy = (claim: Claim): WizardError =>
  new WizardError(`saving a state of ${claim.environment}: its database is being saved already`, {
    code: 'database/busy',
    remedy: 'try-again',
    hint: '`wizard data saved` shows how it goes.',
  });

const inUse = (name: string): WizardError =>
  new WizardError(`removing the saved state ${name}: databases that run show its files`, {
    code: 'data/saved-in-use',
    remedy: 'change-input',
    hint: 'Give those environments other data first (`wizard reset-data`), or close them.',
  });
