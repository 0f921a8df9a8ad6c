import { join, resolve } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { type CloneBytes, cloneBytes } from '../../kit/clone/clone-bytes.ts';
import type { findCloneMethod } from '../../kit/clone/clone-method.ts';
import { localLookMs } from '../../kit/local-look.ts';
import { once, oneAtATime, unlessAborted } from '../../kit/one-at-a-time.ts';
import { orMissing } from '../../kit/path-kind.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import type { StateKeeper } from '../../ports/saved-states.ts';
import { changeDatabase, resumeDatabase, startDatabase } from './begin-database.ts';
import { claimFiles, type SpareTokens, spareTokens } from './claim-files.ts';
import type { DatabasesRoom } from './databases-room.ts';
import { sweepEmpty } from './empty-golden.ts';
import { endDatabase } from './end-database.ts';
import { freeMemory } from './free-memory.ts';
import { instanceMaker } from './make-instance.ts';
import { observeDatabase } from './observe-database.ts';
import { endStrays, openDatabases } from './open-databases.ts';
import { savedFolder } from './saved-folder.ts';
import { type InstanceRecord, runClaim } from './server-instance.ts';
import { servers as openServers } from './servers.ts';
import { spares as openSpares } from './spares.ts';
import { stateKeeper } from './state-keeper.ts';
import { boundStatementLogs } from './statement-log.ts';

export interface DatabaseOptions extends RunDriverOptions {
  /** Where golden copies lie; default `DATA/golden-databases`. */
  readonly golden?: string;
  /** Started clones to keep of each source; default 1. */
  readonly spares?: number;
  /** How to clone here; missing: it is tried. */
  readonly findMethod?: typeof findCloneMethod;
  /** Bytes; missing: the machine is asked. */
  readonly freeMemory?: () => Promise<number>;
}

export interface GoldenUse {
  readonly source: string;
  readonly version: string;
  /** Whether the clone breaks when the golden copy goes. */
  readonly needsFiles: boolean;
}

export interface DatabaseDriver extends ResourceDriver {
  /** States of its databases that people saved. */
  readonly states: StateKeeper;
  /** What the clones that are there, spares too, were made from. */
  goldenInUse(): Promise<readonly GoldenUse[]>;
  /** Room that the clone of this claim takes for itself; `undefined` when there is none. */
  diskUse(claim: Claim): Promise<CloneBytes | undefined>;
  /** Looks whether there are newer golden copies, and makes and drops spares accordingly, in the background. */
  refillSpares(): void;
  /** Settled when no spare is being made. */
  sparesIdle(): Promise<void>;
  /** Stops watching; the servers run on and are taken up by the next driver over the same directory. */
  close(): Promise<void>;
}

const spareLookMs = 30_000;

/**
 * A database for an environment: a clone of a golden copy and a small server of its own over it. Facts: `engine`, `host`, `port`,
 * `socket`, `user`, `database`, `serverVersion`, `version`, `method`, `path`, `statementLog`.
 */
export function databaseDriver(options: DatabaseOptions): DatabaseDriver {
  const { log, clock } = options;
  const { room, tokens, dataDir } = openRoom(options);
  const { files, servers, spares, inTurn, closed } = room;
  let cancelLook = (): void => undefined;
  const lookForNewer = (): void => {
    if (closed.signal.aborted) return;
    spares.refill();
    boundStatementLogs(servers.room).catch((error: unknown) =>
      log.warn('database.statement-log', { error: describeError(error) }),
    );
    cancelLook = clock.after(spareLookMs, lookForNewer);
  };
  const open = once(async () => {
    await takeUp(room, tokens, dataDir, options.instance);
    lookForNewer();
  });
  const opened = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    await unlessAborted(open(), signal);
  };
  // Servers that ended while we were away are wanted again at once.
  open().catch((error: unknown) => {
    if (!closed.signal.aborted) log.error('database.open', { error: describeError(error) });
  });
  const states = stateKeeper(room, opened);
  return {
    kind: 'database',
    states,
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      await opened(call.signal);
      return observeDatabase(room, claim, spec);
    },
    async create(claim, spec, call) {
      await opened(call.signal);
      await inTurn(claimName(claim), call.signal, () => startDatabase(room, claim, spec, call.signal));
    },
    async update(claim, spec, call) {
      await opened(call.signal);
      await inTurn(claimName(claim), call.signal, () => changeDatabase(room, claim, spec));
    },
    async destroy(claim, call) {
      await opened(call.signal);
      const name = claimName(claim);
      if (room.endings.has(name)) return;
      // An end that was begun meanwhile may have taken its folder away.
      const there =
        (await files.read(claim)) !== 'missing' && (await orMissing(files.setLeaving(claim).then(() => true)));
      if (there || room.tasks.has(name)) endDatabase(room, claim);
    },
    async *owned(call) {
      await opened(call.signal);
      await endStrays(servers);
      yield* await files.claims();
    },
    async readLog(claim, from, call) {
      await opened(call.signal);
      const place = await files.place(claim);
      return place ? servers.room.runs.readLog(runClaim(place.id), from) : { text: '', next: from };
    },
    async goldenInUse() {
      await open();
      // One that began with a saved state needs no golden copy.
      return [...servers.room.live.values()].flatMap(({ record }) => (record.checkpoint ? [] : [useOf(record)]));
    },
    async diskUse(claim) {
      await open();
      const place = await files.place(claim);
      const one = place && servers.room.live.get(place.id);
      return one && cloneBytes(one.folder, one.record.method);
    },
    refillSpares: () => spares.refill(),
    sparesIdle: () => spares.idle(),
    async close() {
      await states.close();
      closed.abort(new WizardError('the server stops', { code: 'database/closing', remedy: 'try-again' }));
      cancelLook();
      servers.close();
      const tasks = [...room.tasks.values()].map((task) => task.ended);
      await Promise.allSettled([open(), ...tasks, ...room.endings.values(), spares.idle()]);
    },
  };
}

/** What an earlier life left, and the pool that it lies in. */
async function takeUp(room: DatabasesRoom, tokens: SpareTokens, dataDir: string, instance: string): Promise<void> {
  const { files, servers, spares, saved, owners } = room;
  // Databases must serve even while Docker does not answer.
  await sweepEmpty(room.places.empty).catch((error: unknown) =>
    room.log.warn('database.sweep-empty', { error: describeError(error) }),
  );
  const golden = room.places.golden;
  const end = (claim: Claim): void => endDatabase(room, claim);
  const resume = (claim: Claim): void => resumeDatabase(room, claim);
  await openDatabases({ dataDir, golden, instance, files, tokens, servers, spares, saved, end, resume });
  for (const claim of await files.claims()) {
    const place = await files.place(claim);
    if (place) owners.set(place.id, claim);
  }
}

const useOf = ({ source, version, method }: InstanceRecord): GoldenUse => ({
  source,
  version,
  needsFiles: method === 'overlay',
});

function openRoom(options: DatabaseOptions): { room: DatabasesRoom; tokens: SpareTokens; dataDir: string } {
  const { secrets, shared, clock, log, instance } = options;
  const dataDir = resolve(options.dataDir);
  const golden = options.golden ?? join(dataDir, 'golden-databases');
  const files = claimFiles(join(dataDir, 'databases'));
  const tokens = spareTokens(join(dataDir, 'databases'));
  const owners = new Map<string, Claim>();
  const closed = new AbortController();
  const changed = (id: string): void => {
    const claim = owners.get(id);
    if (claim) shared.changed(claim);
  };
  const servers = openServers({ runsDir: join(dataDir, 'database-servers'), instance, secrets, clock, log, changed });
  const { spares: count = 1, freeMemory: free = freeMemory } = options;
  const maker = instanceMaker(servers, free, options.findMethod);
  const spares = openSpares({
    count,
    golden,
    tokens,
    files,
    servers,
    maker,
    log,
    freeMemory: free,
    signal: closed.signal,
  });
  const saved = savedFolder(join(golden, '.saved'), instance);
  const places = { golden, empty: join(golden, '.empty') };
  const still = { secrets, shared, clock, log, files, servers, maker, spares, saved, places, owners, closed };
  return { room: { ...still, tasks: new Map(), endings: new Map(), inTurn: oneAtATime() }, tokens, dataDir };
}
