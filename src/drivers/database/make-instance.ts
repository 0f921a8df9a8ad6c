import { randomBytes } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { type CloneMethod, findCloneMethod } from '../../kit/clone/clone-method.ts';
import { beginClone } from '../../kit/clone/make-clone.ts';
import { type GoldenLock, readLock } from '../../kit/golden/golden-lock.ts';
import { pathKind } from '../../kit/path-kind.ts';
import { freePort, portRanges } from '../../kit/supervised-run/free-port.ts';
import { writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { Shape } from './database-spec.ts';
import type { Account } from './engines/engine-family.ts';
import { type GoldenCopy, readGolden } from './golden-copy.ts';
import { type LiveInstance, newLive } from './live-instance.ts';
import { mustEnter } from './must-enter.ts';
import { needMemory } from './need-memory.ts';
import { type CloneRoom, cloneRoom, needRoom } from './need-room.ts';
import { NotStarted } from './not-started.ts';
import { pickProgram } from './pick-program.ts';
import { familyOf } from './server-command.ts';
import { beginInstance, clonesFolder, type InstanceRecord, instanceFiles, runFolder } from './server-instance.ts';
import type { Servers } from './servers.ts';

export interface MakeAbout {
  readonly golden: GoldenCopy;
  /** What it was asked for by, for people and for counting; '' for an empty database. */
  readonly source: string;
  readonly version: string;
  readonly checkpoint?: string | undefined;
  readonly shape: Shape;
  readonly signal: AbortSignal;
  readonly say: (note: string) => void;
  /** Whom it lets in at once; missing: nobody yet. */
  readonly account?: Account | undefined;
  /** Told before anything is made, so that it is found again. */
  readonly named: (id: string, folder: string) => Promise<void>;
}

/** Makes instances: a clone, and a server over it that lets nobody in but its keeper and whom it is made for. One that fails leaves nothing. */
export interface InstanceMaker {
  make(about: MakeAbout): Promise<LiveInstance>;
}

export function instanceMaker(
  servers: Servers,
  freeMemory: () => Promise<number>,
  findMethod = findCloneMethod,
): InstanceMaker {
  const methods = new Map<string, Promise<CloneMethod>>();
  const lent = new Set<number>();
  const room = cloneRoom();

  function methodFor(golden: GoldenCopy, clones: string): Promise<CloneMethod> {
    const known = methods.get(golden.folder);
    if (known !== undefined) return known;
    const found = findMethod(golden.data, clones);
    methods.set(golden.folder, found);
    found.catch(() => methods.delete(golden.folder));
    return found;
  }

  async function lend(): Promise<number> {
    const taken = [...servers.room.live.values()].map(({ record }) => record.port);
    const port = await freePort(new Set([...taken, ...lent]), portRanges.database);
    lent.add(port);
    return port;
  }

  async function recordFor(
    { golden, shape, source, version, checkpoint }: MakeAbout,
    clones: string,
  ): Promise<InstanceRecord> {
    const id = randomBytes(6).toString('hex');
    const { uid, gid } = await ownerOf(golden);
    // Into a container it is mounted by root.
    if (shape.container === undefined) await mustEnter(clones, { uid, gid });
    const program = shape.container === undefined ? await pickProgram(shape.engine, golden.serverVersion) : undefined;
    return {
      id,
      shape: { ...shape },
      ...(program === undefined ? {} : { program: program.path }),
      serverVersion: program?.version ?? golden.serverVersion,
      source,
      version,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(golden.masked === undefined ? {} : { masked: golden.masked }),
      golden: golden.folder,
      superuser: golden.superuser ?? 'postgres',
      database: golden.database,
      method: shape.memoryDiskMb === undefined ? await methodFor(golden, clones) : 'memory',
      port: await lend(),
      uid,
      gid,
      run: runFolder(join(clones, id), id),
    };
  }

  async function make(asked: MakeAbout): Promise<LiveInstance> {
    const { golden, signal, say } = asked;
    const { clones, record } = await whileThere(golden, async () => {
      const beside = await clonesBeside(golden.folder, servers.room.instance);
      await needRoom(beside);
      return { clones: beside, record: await recordFor(asked, beside) };
    });
    const folder = join(clones, record.id);
    const one = newLive(folder, record, 'making');
    servers.room.live.set(record.id, one);
    lent.delete(record.port);
    const stop = (): void => one.serving.abort(signal.reason);
    try {
      signal.throwIfAborted();
      await asked.named(record.id, folder);
      await beginInstance(folder, record);
      say(`cloning ${asked.source === '' ? 'an empty database' : asked.source}`);
      signal.addEventListener('abort', stop, { once: true });
      await needMemory(one, { live: servers.room.live, data: golden.data, freeMemory });
      await cloneAndServe({ servers, room, one, clones }, asked);
      await writeWhole(instanceFiles(folder).prepared, '');
      return one;
    } catch (error) {
      const why = one.lastLines.length > 0 && !signal.aborted ? new NotStarted(one.note, one.lastLines, error) : error;
      await servers.discard(record.id).catch((second: unknown) => {
        servers.room.log.error('database.discard', { error: describeError(second) });
      });
      throw why;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  return { make };
}

interface Serving {
  readonly servers: Servers;
  readonly room: CloneRoom;
  readonly one: LiveInstance;
  readonly clones: string;
}

/** What the server can begin without is cloned while it begins. When this throws, nothing is being cloned any more. */
async function cloneAndServe(
  { servers, room, one, clones }: Serving,
  { golden, signal, say, account }: MakeAbout,
): Promise<void> {
  const { method, shape } = one.record;
  const place = { clones, data: golden.data, method };
  const lock = await readLock(golden.folder);
  const failed = new AbortController();
  const about = {
    ...{ from: golden.data, folder: one.folder, method, memoryDiskMb: shape.memoryDiskMb },
    signal: AbortSignal.any([signal, failed.signal]),
  };
  let whole = Promise.resolve();
  try {
    const later = await laterOf(golden, lock);
    const { rest } = await whileThere(golden, () => room.whileCloning(place, () => beginClone({ ...about, later })));
    const complete = (): Promise<void> => {
      if (rest) whole = whileThere(golden, () => room.whileCloning(place, rest));
      return whole;
    };
    say('starting the database server');
    await servers.prepare(one, { locked: lock?.keeper, complete, account });
  } catch (error) {
    failed.abort();
    await Promise.allSettled([whole]);
    throw error;
  }
}

/** What the bake found that a server can begin without, or what all of its kind can. */
async function laterOf({ engine, data }: GoldenCopy, lock: GoldenLock | undefined): Promise<readonly string[]> {
  if (lock) return lock.later;
  const folders = familyOf(engine).later ?? [];
  const kinds = await Promise.all(folders.map((name) => pathKind(join(data, name))));
  return folders.filter((_, index) => kinds[index] === 'directory');
}

/** Clones lie on the file system of their golden copy, whatever links lead there. */
async function clonesBeside(golden: string, instance: string): Promise<string> {
  const root = dirname(dirname(await realpath(golden)));
  const clones = clonesFolder(dirname(root), instance);
  await mkdir(clones, { recursive: true, mode: 0o711 });
  return clones;
}

/** A copy that was removed meanwhile may have been cloned in part, and is why this or that file was not found. */
async function whileThere<T>(golden: GoldenCopy, work: () => Promise<T>): Promise<T> {
  const [done] = await Promise.allSettled([work()]);
  if ((await readGolden(golden.folder))?.identity !== golden.identity) {
    throw new WizardError('cloning data: its golden copy was removed meanwhile', {
      code: 'database/golden-gone',
      remedy: 'try-again',
      cause: done.status === 'rejected' ? done.reason : undefined,
    });
  }
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}

async function ownerOf(golden: GoldenCopy): Promise<{ readonly uid: number; readonly gid: number }> {
  const { uid, gid } = await stat(golden.data);
  if (uid !== 0) return { uid, gid };
  throw new WizardError(`starting a database server over a clone of ${golden.source}: its files belong to root`, {
    code: 'database/owned-by-root',
    remedy: 'fix-setup',
    hint: 'Give the golden copy to the user that database servers run as, such as mysql or postgres, and bake as that user.',
  });
}
