import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import { sameJson } from '../../domain/json.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { localLookMs } from '../../kit/local-look.ts';
import type { Call, Log } from '../../ports/call.ts';
import type { Difference, DriverShared, Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { openRouteFiles } from './route-files.ts';
import { type RouteSpec, readRouteSpec, routeSpecOf } from './route-spec.ts';
import { createRouteTable, type RouteTarget } from './route-table.ts';

export interface RouteOptions {
  /** Routes are kept in `routes/` below it. */
  readonly dataDir: string;
  readonly shared: DriverShared;
  readonly log: Log;
}

/** The driver of kind `route`: which port on this machine each host of an environment leads to. */
export interface RouteDriver extends ResourceDriver {
  /** Lower case host without port → where it leads; `undefined` while no route has it. */
  targetFor(host: string): RouteTarget | undefined;
}

/** Opens the driver with the routes that were there when the server stopped. */
export async function openRouteDriver(options: RouteOptions): Promise<RouteDriver> {
  const files = await openRouteFiles(join(options.dataDir, 'routes'));
  const table = createRouteTable();

  /** What the disk says is what counts; the table follows it, also when a file went behind our back. */
  const look = async (claim: Claim): Promise<RouteSpec | 'absent' | 'half-made'> => {
    const text = await files.find(claim);
    const spec = text === undefined ? undefined : readRouteSpec(text);
    table.set(claim, spec);
    return spec ?? (text === undefined ? 'absent' : 'half-made');
  };
  const put = async (claim: Claim, input: unknown, call: Call): Promise<void> => {
    call.signal.throwIfAborted();
    const spec = routeSpecOf(input);
    const holder = table.holderOf(claim.environment, spec);
    if (holder !== undefined) throw hostTaken(claim, holder);
    await files.write(claim, spec);
    table.set(claim, spec);
  };
  for (const claim of await files.list()) {
    if ((await look(claim)) === 'half-made') options.log.warn('route.half-made', { claim: claimName(claim) });
  }
  return {
    kind: 'route',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'cheap' },
    targetFor: (host) => table.find(host),
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      const seen = await look(claim);
      if (seen === 'absent') return { is: 'absent' };
      if (seen === 'half-made') return { is: 'broken', note: 'its file is damaged', remedy: 'try-again' };
      return readyWith(seen, routeSpecOf(spec));
    },
    create: put,
    update: put,
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await files.remove(claim);
      table.set(claim, undefined);
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await files.list();
    },
  };
}

function readyWith(have: RouteSpec, want: RouteSpec): Observation {
  const drift: Difference[] = [];
  if (have.revision !== want.revision) drift.push({ field: 'revision', want: want.revision, have: have.revision });
  if (!sameJson(have.targets, want.targets)) {
    drift.push({ field: 'targets', want: inWords(want), have: inWords(have) });
  }
  return { is: 'ready', facts: { revision: have.revision, targets: have.targets }, drift };
}

const inWords = (spec: RouteSpec): string =>
  Object.values(spec.targets)
    .map(({ host, port }) => `${host} → ${port}`)
    .join(', ');

const hostTaken = (claim: Claim, holder: string): WizardError =>
  new WizardError(`making the route ${claimName(claim)}: its host still belongs to ${holder}`, {
    code: 'route/host-taken',
    remedy: 'try-again',
    hint: `It works once ${holder} is gone.`,
  });
