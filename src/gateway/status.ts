import type { JsonObject } from '../domain/json.ts';
import type { HostEntry } from '../ports/gateway.ts';
import type { EnvironmentView } from '../ports/requests.ts';

/**
 * An environment for programs: `/.wizard/status`, and the answer while nothing serves. `revision` is the commit that the
 * application behind this very host runs (the proof of commit); null while none does.
 */
export function statusOf(entry: HostEntry, view: EnvironmentView | undefined, isServing: boolean): JsonObject {
  const revision = isServing ? (entry.revision ?? null) : null;
  const known = { environment: entry.environment, endpoint: entry.endpoint, serving: isServing, revision };
  if (!view) return { ...known, phase: 'building', because: 'nothing is known of it yet', steps: [] };
  const { news } = view;
  return {
    ...known,
    phase: news.phase,
    because: news.because,
    headSha: news.headSha,
    liveSha: news.liveSha ?? null,
    url: news.urls.find(({ endpoint }) => endpoint === entry.endpoint)?.url ?? null,
    remainingMs: view.remainingMs ?? null,
    steps: view.steps.map(({ name, kind, state, note, tookMs, usualMs }) => ({
      name,
      kind,
      state,
      note,
      tookMs: tookMs ?? null,
      usualMs: usualMs ?? null,
    })),
    pullRequest: {
      repository: news.repository.name,
      number: news.number,
      title: news.title,
      author: news.author,
      url: news.pullUrl,
    },
    failure: news.failure
      ? { step: news.failure.step, message: news.failure.message, hint: news.failure.hint ?? null }
      : null,
  };
}
