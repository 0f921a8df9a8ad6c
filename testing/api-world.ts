import type { ApiParts } from '../src/api/api-parts.ts';
import { createApi } from '../src/api/create-api.ts';
import { dataBakes } from '../src/bake/data-bakes.ts';
import type { EnvironmentId } from '../src/domain/claim.ts';
import { type Environment, noChoices } from '../src/domain/environment.ts';
import type { News } from '../src/domain/news.ts';
import type { RepositoryId } from '../src/domain/pull-request.ts';
import { WizardError } from '../src/domain/wizard-error.ts';
import { systemClock } from '../src/kit/clock.ts';
import { Secret } from '../src/kit/secret.ts';
import type { DataBakes } from '../src/ports/data-bakes.ts';
import type { EnvironmentView, Requests, StepView, Views } from '../src/ports/requests.ts';
import type { SavedStates } from '../src/ports/saved-states.ts';
import type { Delivery, TimelineEntry } from '../src/ports/store.ts';
import { memoryBaker } from './memory-baker.ts';
import { memorySavedStates } from './memory-saved-states.ts';
import { silentLog } from './silent-log.ts';

export const token = 'token-of-the-test-4711';
export const headSha = 'a'.repeat(40);
export const liveSha = 'b'.repeat(40);

export interface ViewFields {
  readonly environment?: Partial<Environment>;
  readonly news?: Partial<News>;
  readonly steps?: readonly StepView[];
  readonly remainingMs?: number;
}

/** An environment as a person sees it: `shop-7` is number 7 of `acme/shop`, live, unless told otherwise. */
export function viewOf(id: string, fields: ViewFields = {}): EnvironmentView {
  const [, slug = id, number = '0'] = /^(.*?)-(\d+)$/.exec(id) ?? [];
  const repository = fields.environment?.repository ?? { id: `R_${slug}` as RepositoryId, name: `acme/${slug}` };
  const environment: Environment = {
    id: id as EnvironmentId,
    repository,
    number: Number(number),
    hosts: { app: `app-${id}.localhost` },
    requested: 1,
    observed: 1,
    pull: undefined,
    choices: noChoices,
    phase: 'live',
    because: 'the wanted commit serves',
    phaseSince: 1_700_000_000_000,
    createdAt: 1_700_000_000_000 + Number(number),
    wantedSince: 1_700_000_000_000,
    liveSha,
    closedAt: undefined,
    receipt: undefined,
    ...fields.environment,
  };
  const news: News = {
    environment: environment.id,
    repository,
    number: environment.number,
    title: 'Add coupons',
    author: 'alice',
    pullUrl: `https://code.test/${repository.name}/pull/${environment.number}`,
    phase: environment.phase,
    because: environment.because,
    headSha,
    ...(environment.liveSha === undefined ? {} : { liveSha: environment.liveSha }),
    urls: [{ endpoint: 'app', url: `http://app-${id}.localhost:4780/` }],
    urlsShowProgress: true,
    worthAMessage: true,
    ...fields.news,
  };
  const remaining = fields.remainingMs === undefined ? {} : { remainingMs: fields.remainingMs };
  return { environment, news, steps: fields.steps ?? [stepOf('web')], ...remaining };
}

export const stepOf = (name: string, fields: Partial<StepView> = {}): StepView => ({
  name,
  role: `${name}.0a1b2c3d`,
  kind: 'process',
  state: 'done',
  note: '',
  lastLines: [],
  ...fields,
});

const noBakes = (): DataBakes =>
  dataBakes({ dataDir: '/nonexistent', sources: {}, baker: memoryBaker(), clock: systemClock, log: silentLog() });

/** The rooms behind the API, in memory; `app` is the API itself. What people ask for is noted in `asked` and counted in `requested`. */
export interface ApiWorldOptions extends Pick<ApiParts, 'redact' | 'signal'>, Partial<Pick<ApiParts, 'refused'>> {
  readonly bakes?: DataBakes;
  readonly states?: SavedStates;
}

export function createApiWorld(more: ApiWorldOptions = {}) {
  const environments = new Map<string, EnvironmentView>();
  const timeline: TimelineEntry[] = [];
  const logs = new Map<string, string>();
  const deliveries: Delivery[] = [];
  const bodies = new Map<number, Uint8Array>();
  const watchers = new Set<{ id: EnvironmentId | undefined; then: (id: EnvironmentId) => void }>();
  const asked: { what: string; id: string; by: string; sha?: string | undefined }[] = [];
  const changed = (id: string): void => {
    for (const watcher of watchers)
      if (watcher.id === undefined || watcher.id === id) watcher.then(id as EnvironmentId);
  };
  const put = (view: EnvironmentView): void => {
    environments.set(view.environment.id, view);
    changed(view.environment.id);
  };
  const hooks: { onRequest: (what: string, id: string) => void } = { onRequest: () => undefined };

  const views: Views = {
    find: async (id) => environments.get(id),
    list: async () => [...environments.values()],
    timeline: async (id, after, limit) =>
      timeline.filter((entry) => entry.environment === id && entry.id > after).slice(0, limit),
    readLog: async (id, role, from) => {
      const text = logs.get(`${id} ${role}`);
      if (text === undefined) return undefined;
      const bytes = Buffer.from(text).subarray(from);
      return { text: bytes.toString(), next: from + bytes.length };
    },
    watch: (id, then) => {
      const watcher = { id, then };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  const ask = async (what: string, id: EnvironmentId, by: string, sha?: string): Promise<void> => {
    const view = environments.get(id);
    if (!view)
      throw new WizardError(`asking for ${id}`, { code: 'request/unknown-environment', remedy: 'change-input' });
    asked.push({ what, id, by, ...(sha === undefined ? {} : { sha }) });
    put({ ...view, environment: { ...view.environment, requested: view.environment.requested + 1 } });
    hooks.onRequest(what, id);
  };
  const requests: Requests = {
    redeploy: (id, by) => ask('redeploy', id, by),
    resetData: (id, by) => ask('reset-data', id, by),
    load: (id, { state }, by) => ask(`load ${state.name}`, id, by),
    destroy: (id, by) => ask('destroy', id, by),
    sleep: (id, by) => ask('sleep', id, by),
    wake: (id, by) => ask('wake', id, by),
    pin: (id, sha, by) => ask(sha === undefined ? 'unpin' : 'pin', id, by, sha),
    approve: (id, sha, by) => ask('approve', id, by, sha),
  };
  const log = silentLog();
  const app = createApi({
    requests,
    views,
    deliveries: {
      list: async ({ limit, before, environment }) =>
        deliveries
          .filter((delivery) => environment === undefined || delivery.environment === environment)
          .filter((delivery) => before === undefined || delivery.id < before)
          .sort((a, b) => b.id - a.id)
          .slice(0, limit),
      findBody: async (id) => bodies.get(id),
    },
    bakes: more.bakes ?? noBakes(),
    states: more.states ?? memorySavedStates((id, name, by) => ask(`load ${name}`, id, by)),
    refused: () => [],
    token: new Secret(token),
    log,
    version: '9.9.9',
    ...more,
  });
  return {
    app,
    views,
    requests,
    put,
    changed,
    asked,
    logged: log.lines,
    logs,
    deliveries,
    bodies,
    environments,
    watchers,
    hooks,
    /** Adds a line to the timeline and tells whoever watches. */
    happened(id: string, what: string, message: string): void {
      const entry = { id: timeline.length + 1, environment: id as EnvironmentId, at: 1_700_000_000_000, about: 'web' };
      timeline.push({
        ...entry,
        what,
        message,
        tookMs: what === 'ready' ? 1200 : undefined,
        details: { inner: 'fact' },
      });
      changed(id);
    },
    /** Forgets the environment altogether. */
    forget(id: string): void {
      environments.delete(id);
      changed(id);
    },
  };
}

export type ApiWorld = ReturnType<typeof createApiWorld>;
