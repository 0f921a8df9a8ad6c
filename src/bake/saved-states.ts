import { type EnvironmentId, plainRole } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { isFromFork } from '../domain/pull-request.ts';
import type { Resource } from '../domain/resource.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { savedTaken } from '../kit/golden/saved-taken.ts';
import { oneAtATime } from '../kit/one-at-a-time.ts';
import type { Requests } from '../ports/requests.ts';
import type { SavedState, SavedStates, SaveView, StateAsked } from '../ports/saved-states.ts';
import type { Store } from '../ports/store.ts';
import { databaseOf } from './database-of.ts';
import { type SaveTriesOptions, saveTries } from './save-tries.ts';

export interface SavedStatesOptions extends SaveTriesOptions {
  readonly store: Pick<Store, 'environments' | 'resources' | 'timeline'>;
  readonly requests: Pick<Requests, 'load'>;
}

export interface OpenSavedStates extends SavedStates {
  /** Cuts short what is being saved. */
  close(): Promise<void>;
}

/** States of databases that people save, load elsewhere and forget. */
export function savedStates(options: SavedStatesOptions): OpenSavedStates {
  const { keeper, store, requests, log } = options;
  const tries = saveTries(options);
  const inTurn = oneAtATime();
  const never = new AbortController().signal;
  // Between a look and what is done after it nobody else comes in.
  const alone = <T>(work: () => Promise<T>): Promise<T> => inTurn('all', never, work);

  async function find(name: string): Promise<SaveView> {
    const state = await keeper.find(name);
    if (state) return { name, is: 'saved', state };
    const known = tries.views.get(name);
    if (known) return known;
    throw unknownState(name, await keeper.list());
  }

  async function save(id: EnvironmentId, { name, service }: StateAsked, by: string): Promise<SaveView> {
    if (tries.views.get(name)?.is === 'saving') throw notWhole(name);
    if (await keeper.find(name)) throw savedTaken(name);
    return tries.begin(await databaseOf(store, id, service), name, by);
  }

  async function load(id: EnvironmentId, { name, service }: StateAsked, by: string): Promise<void> {
    const view = await find(name);
    if (view.is !== 'saved') throw notWhole(name);
    const { environment, database } = await databaseOf(store, id, service);
    const why = whyNot(view.state, environment, database);
    if (why !== undefined) throw cannotLoad(name, id, why);
    const { source, version } = view.state;
    await requests.load(id, { service: plainRole(database.role), state: { name, source, version } }, by);
  }

  async function forget(name: string, by: string): Promise<void> {
    const view = await find(name);
    if (view.is === 'saving') throw notWhole(name);
    const users = (await store.environments.list()).filter((one) => beganWith(one, name)).map(({ id }) => id);
    if (users.length > 0) throw inUse(name, users);
    tries.forget(name);
    await keeper.remove(name);
    log.info('data.forget', { name, by });
  }

  return {
    async list() {
      const states = await keeper.list();
      const known = new Set(states.map(({ name }) => name));
      const others = [...tries.views.values()].filter(({ name }) => !known.has(name));
      return [...others, ...states.map((state): SaveView => ({ name: state.name, is: 'saved', state }))];
    },
    find,
    save: (id, asked, by) => alone(() => save(id, asked, by)),
    load: (id, asked, by) => alone(() => load(id, asked, by)),
    forget: (name, by) => alone(() => forget(name, by)),
    close: () => tries.close(),
  };
}

const beganWith = ({ phase, choices }: Environment, name: string): boolean =>
  phase !== 'closed' && Object.values(choices.checkpoints ?? {}).some((one) => one.name === name);

/** `undefined`: it can be loaded there. */
function whyNot(state: SavedState, { pull }: Environment, { spec }: Resource): string | undefined {
  const { engine, source, serverVersion } = state;
  const asked = spec['serverVersion'];
  const named = (name: unknown): string => (name === '' ? 'no source' : `source ${String(name)}`);
  if (spec['engine'] !== engine) return `it is data of ${engine}, and the database there is ${String(spec['engine'])}`;
  if (typeof asked === 'string' && !`${serverVersion}.`.startsWith(`${asked}.`))
    return `it is data of ${engine} ${serverVersion}, and the recipe asks for ${asked}`;
  if ((spec['source'] ?? '') !== source)
    return `it was saved from ${named(source)}, and the database there has ${named(spec['source'] ?? '')}`;
  if (pull && isFromFork(pull) && !state.masked)
    return 'it may hold something personal, and the pull request is of a fork';
  return undefined;
}

const unknownState = (name: string, known: readonly SavedState[]): WizardError =>
  new WizardError(`looking for the saved state "${name}": there is none of that name`, {
    code: 'request/unknown-saved-state',
    remedy: 'change-input',
    hint:
      known.length === 0
        ? 'None is saved yet: `wizard data save ENVIRONMENT NAME`.'
        : `There are ${known.map((one) => one.name).join(', ')}.`,
  });

const notWhole = (name: string): WizardError =>
  new WizardError(`asking for the saved state ${name}: it is not whole`, {
    code: 'data/not-saved',
    remedy: 'try-again',
    hint: '`wizard data saved` shows whether it is still being saved, or why that failed.',
  });

const cannotLoad = (name: string, id: string, why: string): WizardError =>
  new WizardError(`loading the saved state ${name} into ${id}: ${why}`, {
    code: 'data/cannot-load',
    remedy: 'change-input',
    hint: 'A state can be loaded where source, engine and version are those that it was saved from.',
  });

const inUse = (name: string, users: readonly string[]): WizardError =>
  new WizardError(`forgetting the saved state ${name}: ${users.join(', ')} began with it`, {
    code: 'data/saved-in-use',
    remedy: 'change-input',
    hint: 'Go back to the golden copy there (`wizard reset-data`), or close them.',
  });
