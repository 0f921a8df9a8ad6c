import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { WizardError } from '../../src/domain/wizard-error.ts';
import { openMemoryStore } from '../../src/store/open-store.ts';
import { newCommit } from './commits.ts';
import { idOf, noteHead, type Outside, shop } from './outside.ts';
import type { Happening } from './scenario.ts';
import type { Server } from './server.ts';

/** What a happening may do to the server. */
export interface Stage {
  readonly outside: Outside;
  server(): Server | undefined;
  kill(why: string): void;
  /** Sends the webhook of this, with the luck that webhooks have. */
  tell(action: string, pull: PullRequest): void;
}

/** Makes it happen. What does not fit the moment (closing what is closed) does not happen. */
export async function happen(stage: Stage, { what, which }: Happening): Promise<void> {
  const { outside } = stage;
  outside.trace.add(outside.clock.monotonic(), `-- ${what} ${which}`);
  const number = 1 + (which % outside.scenario.pulls);
  const pull = outside.host.now(shop.id, number);
  if (!pull) return;
  if (await toPull(stage, what, pull)) return;
  if (toThings(stage, what, which)) return;
  switch (what) {
    case 'kill':
      return stage.kill('it was killed');
    case 'outage':
      return outside.host.outage(new WizardError('down', { code: 'host/down', remedy: 'try-again' }));
    case 'outage-ends':
      return outside.host.outage(undefined);
    case 'clock-jump':
      return outside.clock.jump(which - 3_600_000);
    case 'lose-database':
      return loseDatabase(stage);
    default:
      return asked(stage, what, pull);
  }
}

async function toPull(stage: Stage, what: Happening['what'], pull: PullRequest): Promise<boolean> {
  const { host, people } = stage.outside;
  const change = async (action: string, act: () => void): Promise<true> => {
    act();
    const now = host.now(shop.id, pull.number);
    if (!now) return true;
    noteHead(stage.outside, now);
    stage.tell(action, now);
    return true;
  };
  if (what === 'push' && pull.state === 'open') {
    const sha = newCommit(people);
    return change('synchronize', () => host.push(shop.id, pull.number, sha));
  }
  if (what === 'close' && pull.state === 'open') {
    return change('closed', () => host.close(shop.id, pull.number));
  }
  if (what === 'reopen' && pull.state === 'closed') {
    await noteFreed(stage.outside, idOf(pull.number));
    return change('reopened', () => host.reopen(shop.id, pull.number));
  }
  if (what === 'draft') {
    return change('converted_to_draft', () => host.edit(shop.id, pull.number, { draft: !pull.draft }));
  }
  return what === 'push' || what === 'close' || what === 'reopen';
}

async function noteFreed({ store, freed, clock }: Outside, id: EnvironmentId): Promise<void> {
  if ((await store.environments.find(id))?.pull?.state === 'closed') freed.set(id, clock.monotonic());
}

function toThings({ outside }: Stage, what: Happening['what'], which: number): boolean {
  if (what !== 'vanish' && what !== 'break') return false;
  const { world, clock } = outside;
  const things = world
    .things()
    .filter(({ ofOthers }) => !ofOthers)
    .filter(({ arrivesAt, goneAt, broken }) => arrivesAt <= clock.monotonic() && goneAt === undefined && !broken)
    .filter(({ kind }) => what === 'vanish' || kind === 'process');
  const thing = things[which % Math.max(1, things.length)];
  if (!thing) return true;
  if (what === 'vanish') world.vanish(thing.kind, thing.claim);
  else if (breaksSoFar(outside, thing.claim.role) < 2) {
    world.breakDown(thing.kind, thing.claim, { note: 'it ended', remedy: 'try-again' });
  }
  return true;
}

/** After the third a commit is rightly given up, so it is not asked for. */
const breaksSoFar = ({ world }: Outside, role: string): number =>
  world.history.filter((event) => event.what === 'break' && event.claim.role === role).length;

async function loseDatabase(stage: Stage): Promise<void> {
  stage.kill('its disk is lost');
  stage.outside.store = await openMemoryStore();
  stage.outside.databaseLostAt = stage.outside.clock.monotonic();
}

/** What people ask of the server; it may be down, or fail: then they asked in vain. */
async function asked(stage: Stage, what: Happening['what'], pull: PullRequest): Promise<void> {
  const requests = stage.server()?.requests;
  if (!requests) return;
  const id = idOf(pull.number);
  const { approved, bound, clock } = stage.outside;
  if (what === 'destroy' || what === 'pin') bound.set(id, clock.monotonic());
  const ask = async (): Promise<void> => {
    if (what === 'redeploy') await requests.redeploy(id, 'mira');
    if (what === 'reset-data') await requests.resetData(id, 'mira');
    if (what === 'destroy') await requests.destroy(id, 'mira');
    if (what === 'pin') stage.outside.pinned.add(id);
    if (what === 'pin') await requests.pin(id, pull.headSha, 'mira');
    if (what !== 'approve') return;
    approved.set(id, (approved.get(id) ?? new Set()).add(pull.headSha));
    await requests.approve(id, pull.headSha, 'mira');
  };
  // Not awaited: a server that dies in the middle never answers.
  void Promise.allSettled([ask()]);
}
