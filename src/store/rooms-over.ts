import type { Choices, Environment } from '../domain/environment.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { EnvironmentStore, Store } from '../ports/store.ts';

/** The parts of a store, without its end. */
export type Rooms = Omit<Store, 'close'>;
/** One thing that a room can be asked. */
export type Work = (...given: readonly unknown[]) => Promise<unknown>;

/** A store of which everything can be asked from another thread: with values, and not with functions. */
export interface StoredRooms extends Omit<Rooms, 'environments'> {
  readonly environments: StoredEnvironments;
}

export interface StoredEnvironments extends Omit<EnvironmentStore, 'choose'> {
  /** Writes the choices and counts `requested` up; `undefined` when `before` is not what is there any more. Durable. */
  replaceChoices(before: Environment, choices: Choices): Promise<Environment | undefined>;
}

/** Adds what is done on the caller's side. */
export function roomsOver<Stored extends StoredRooms>(stored: Stored): Stored & Rooms {
  const { environments } = stored;
  const choose: EnvironmentStore['choose'] = async (id, change) => {
    for (;;) {
      const before = await environments.find(id);
      if (!before) throw unknownEnvironment(id);
      const after = await environments.replaceChoices(before, change(before.choices));
      if (after) return after;
    }
  };
  return { ...stored, environments: { ...environments, choose } };
}

const unknownEnvironment = (id: string): WizardError =>
  new WizardError(`looking for ${id}: there is no such environment`, {
    code: 'request/unknown-environment',
    remedy: 'change-input',
    hint: 'See `wizard list` for those that exist.',
  });
