import type { EnvironmentId } from '../src/domain/claim.ts';
import { WizardError } from '../src/domain/wizard-error.ts';
import type { SavedState, SavedStates, SaveView } from '../src/ports/saved-states.ts';

const about = {
  engine: 'mariadb',
  serverVersion: '10.11.6',
  source: 'staging',
  version: '20260101T000000Z',
  masked: true,
  bytes: 208_000_000,
  savedAt: 1_700_000_000_000,
  stoodStillMs: 310,
} as const;

/** Saved states without any data: what is saved is there when it is looked for the second time. */
export function memorySavedStates(
  loaded: (id: EnvironmentId, name: string, by: string) => Promise<void>,
): SavedStates & { readonly views: Map<string, SaveView> } {
  const views = new Map<string, SaveView>();
  const find = async (name: string): Promise<SaveView> => {
    const view = views.get(name);
    if (!view) {
      const code = 'request/unknown-saved-state';
      throw new WizardError(`looking for "${name}"`, { code, remedy: 'change-input', hint: 'There are none.' });
    }
    const state: SavedState | undefined = view.is === 'saving' ? { name, ...about, from: view.from } : undefined;
    if (state) views.set(name, { name, is: 'saved', state });
    return view;
  };
  return {
    views,
    find,
    list: async () => [...views.values()],
    async save(environment, { name, service = 'db' }, by) {
      const from = { by, environment, service, pull: 'acme/shop#7', sha: 'b'.repeat(40) };
      const view: SaveView = { name, is: 'saving', from };
      views.set(name, view);
      return view;
    },
    async load(id, { name }, by) {
      await find(name);
      await loaded(id, name, by);
    },
    async forget(name) {
      await find(name);
      views.delete(name);
    },
  };
}
