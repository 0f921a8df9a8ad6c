import { claimName, type EnvironmentId } from '../../src/domain/claim.ts';
import type { Json } from '../../src/domain/json.ts';
import type { News } from '../../src/domain/news.ts';
import type { WorldEvent } from '../../src/drivers/memory/memory-world.ts';
import { portOf } from './kinds.ts';
import { othersProblems } from './others.ts';
import type { Outside } from './outside.ts';

/** INV-4, 8, 9, 11 and 12: what must hold at every moment. Ask often; it remembers how far it has looked. */
export interface AlwaysTrue {
  /** New violations since the last time. */
  problems(): string[];
}

export function alwaysTrue(outside: Outside): AlwaysTrue {
  let lookedAt = 0;
  let board = new Map<number, string>();
  const generations = new Map<string, number>();
  const isPull = (id: EnvironmentId): number => Number(id.slice('shop-'.length));

  const ofEvent = (event: WorldEvent): string[] => {
    const { what } = event;
    if (what === 'create' || what === 'update') {
      return [...policyProblems(outside, event), ...generationProblems(event, generations)];
    }
    if (what === 'destroy' && event.kind === 'process') return danglingRoute(outside, event);
    return [];
  };

  const ofMessages = (): string[] => {
    const found: string[] = [];
    const seen = new Map<number, string>();
    for (const { id, text, news } of outside.board.messages) {
      seen.set(id, text);
      if (board.get(id) === text || !news) continue;
      outside.trace.add(outside.clock.monotonic(), `message ${id} of ${news.environment}: ${news.phase}`);
      if (news.phase === 'live' && !wasServed(outside, news.environment, news.liveSha)) {
        found.push(`INV-12 ${news.environment} was announced live at ${news.liveSha}, which no route ever had`);
      }
      if (news.phase === 'live' && !outside.heads.get(news.environment)?.has(news.liveSha ?? '')) {
        found.push(`INV-12 #${isPull(news.environment)} was announced live at a commit that it never had`);
      }
    }
    board = seen;
    return found;
  };

  return {
    problems() {
      const events = outside.world.history.slice(lookedAt);
      lookedAt += events.length;
      for (const { at, what, kind, claim } of events) outside.trace.add(at, `    ${what} ${kind} ${claimName(claim)}`);
      return [...events.flatMap(ofEvent), ...ofMessages(), ...othersProblems(outside), ...outside.said.splice(0)];
    },
  };
}

/**
 * INV-12: live is newly said only of the head as it was read last, unless people chose another commit. Asked when it is said: it may
 * arrive late.
 */
export function staleNews({ pinned, approved, read, saidLive }: Outside, news: News): string[] {
  const { environment, phase, liveSha } = news;
  const before = saidLive.get(environment);
  saidLive.set(environment, phase === 'live' ? liveSha : undefined);
  if (phase !== 'live' || liveSha === before || pinned.has(environment) || approved.has(environment)) return [];
  const head = read.get(environment);
  return liveSha === head
    ? []
    : [`INV-12 ${environment} was announced live at ${liveSha}, and ${head} is what was read last`];
}

/** INV-12, the other half: whoever says "closed" has seen everything gone. Asked at the moment the record says so. */
export function closedTooEarly({ world }: Outside, id: EnvironmentId): string[] {
  const left = world.things().filter(({ claim, goneAt }) => claim.environment === id && goneAt === undefined);
  return left.map(({ claim }) => `INV-12 ${id} was called closed while ${claimName(claim)} was there`);
}

/** INV-8: nothing of a commit that is not this pull request's; of a fork's only what was approved, and without secrets. */
function policyProblems({ host, heads, approved }: Outside, { claim, spec }: WorldEvent): string[] {
  const { environment } = claim;
  const sha = spec['sha'] ?? spec['revision'];
  if (typeof sha !== 'string') return [];
  if (!heads.get(environment)?.has(sha)) return [`INV-8 ${claimName(claim)} is of a commit that was never its head`];
  const pull = host.all().find(({ number }) => `shop-${number}` === environment);
  if (pull?.headRepositoryId === pull?.repository.id) return [];
  const problems: string[] = [];
  if (!approved.get(environment)?.has(sha)) problems.push(`INV-8 ${claimName(claim)} was built unapproved`);
  if (hasSecret(spec)) problems.push(`INV-8 ${claimName(claim)} of a fork sees a secret`);
  return problems;
}

const hasSecret = (value: Json): boolean => JSON.stringify(value).includes('"secret"');

/** INV-11: what was deployed last has the highest generation. */
function generationProblems({ kind, claim }: WorldEvent, generations: Map<string, number>): string[] {
  const target = `${kind} ${claim.environment} ${claim.role}`;
  const before = generations.get(target) ?? 0;
  generations.set(target, Math.max(before, claim.generation));
  return claim.generation < before ? [`INV-11 ${claimName(claim)} came after generation ${before}`] : [];
}

/** INV-4: nothing that works and that a route points at is taken away by ourselves. Judged by what had happened until then. */
function danglingRoute({ world }: Outside, event: WorldEvent): string[] {
  const { environment } = event.claim;
  const before = world.history
    .slice(0, world.history.indexOf(event))
    .filter(({ claim }) => claim.environment === environment);
  const name = claimName(event.claim);
  if (before.some(({ what, claim }) => what === 'break' && claimName(claim) === name)) return [];
  const route = before.findLast(({ kind }) => kind === 'route');
  const leads = route?.what === 'create' || route?.what === 'update';
  const pointed = leads && JSON.stringify(route.spec).includes(`"port":${portOf(event.claim)}`);
  return pointed ? [`INV-4 ${name} was removed while the route led to it`] : [];
}

const wasServed = ({ world }: Outside, id: EnvironmentId, sha: string | undefined): boolean =>
  world.history.some(
    ({ kind, claim, spec, what }) =>
      kind === 'route' &&
      claim.environment === id &&
      spec['revision'] === sha &&
      (what === 'create' || what === 'update'),
  );
