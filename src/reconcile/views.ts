import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { isLive } from '../domain/phase.ts';
import { newsOf, remainingMs, stepsOf } from '../domain/view.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { diskUses } from './disk-uses.ts';
import type { EnvironmentLoop } from './environment-loop.ts';
import type { Heart } from './heart.ts';
import { withUnlisted } from './unlisted.ts';

/** The reading side: what the gateway, the API and announcers show. */
export function views(heart: Heart, loop: Pick<EnvironmentLoop, 'planOf'>): Views {
  const viewOf = async (
    environment: Environment,
    usual: Readonly<Record<string, number>>,
  ): Promise<EnvironmentView> => {
    const wanted = loop.planOf(environment.id);
    const plan = wanted?.plan ?? [];
    const resources = withUnlisted(heart, environment.id, plan, await heart.store.resources.of(environment.id));
    const steps = stepsOf(plan, resources, usual);
    const coming = environment.phase === 'building' || environment.phase === 'updating';
    const left = coming ? remainingMs(plan, steps, heart.clock.now()) : undefined;
    const urls = heart.repositories.byId(environment.repository.id)?.urls(environment.hosts) ?? {};
    return {
      environment,
      news: newsOf(environment, urls, resources, wanted),
      steps,
      ...(left === undefined ? {} : { remainingMs: left }),
    };
  };
  const uses = diskUses(heart);
  return {
    async find(id) {
      const environment = await heart.store.environments.find(id);
      if (!environment) return undefined;
      const view = await viewOf(environment, await heart.store.timeline.usualMs(environment.repository));
      return { ...view, steps: await uses.shown(view.steps) };
    },
    async list() {
      const environments = await heart.store.environments.list();
      const repositories = Map.groupBy(environments, ({ repository }) => repository.id);
      // All awaited at once: a promise kept for later would be a rejection that nobody handles.
      const usual = new Map(
        await Promise.all(
          [...repositories.values()].map(
            async ([one]) =>
              [one?.repository.id, one ? await heart.store.timeline.usualMs(one.repository) : {}] as const,
          ),
        ),
      );
      return Promise.all(environments.map((one) => viewOf(one, usual.get(one.repository.id) ?? {})));
    },
    timeline: (id, after, limit) => heart.store.timeline.list(id, { after, limit }),
    async readLog(id: EnvironmentId, role, from, signal) {
      const resource = (await heart.store.resources.of(id)).find((one) => one.role === role && isLive(one));
      const driver = resource && heart.drivers.get(resource.kind);
      if (!resource || !driver?.readLog) return undefined;
      return driver.readLog({ environment: id, role, generation: resource.generation }, from, {
        signal,
        log: heart.log,
      });
    },
    watch: (id, then) => heart.changes.watch(id, then),
  };
}
