import { mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Claim } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { removeClone, removedPrefix, removeRemains } from '../../kit/clone/make-clone.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import type { ClaimFiles, SpareTokens } from './claim-files.ts';
import { databaseSpecOf } from './database-spec.ts';
import type { SavedFolder } from './saved-folder.ts';
import { clearStrayContainer } from './server-command.ts';
import { clonesFolder, type InstanceRecord, instanceFiles, readInstance, runClaim } from './server-instance.ts';
import type { Servers } from './servers.ts';
import type { Spares } from './spares.ts';

export interface OpenAbout {
  readonly dataDir: string;
  readonly golden: string;
  readonly instance: string;
  readonly files: ClaimFiles;
  readonly tokens: SpareTokens;
  readonly servers: Servers;
  readonly spares: Spares;
  readonly saved: SavedFolder;
  /** Goes on with an end that was begun. */
  readonly end: (claim: Claim) => void;
  /** Begins anew what was not made to its end. */
  readonly resume: (claim: Claim) => void;
}

/** Where clones may lie: beside the golden copies, and where they were before a pool was made. */
async function cloneRoots({ dataDir, golden, instance }: OpenAbout): Promise<string[]> {
  const there = await orMissing(realpath(golden));
  return [...new Set([dataDir, ...(there === undefined ? [] : [dirname(there)])])].map((root) =>
    clonesFolder(root, instance),
  );
}

interface Found {
  readonly folder: string;
  readonly record: InstanceRecord;
}

/** Takes up what a life before this one left: servers run on, ends go on, and what belongs to nobody is taken away. */
export async function openDatabases(about: OpenAbout): Promise<void> {
  const { servers, files, tokens, spares, saved } = about;
  await mkdir(tokens.folder, { recursive: true, mode: 0o700 });
  await servers.room.runs.adopted;
  await saved.sweep();
  const found = new Map<string, Found>();
  for (const root of await cloneRoots(about)) await findClones(root, found);
  for (const claim of await files.claims()) await openClaim(about, claim, found);
  for (const id of await tokens.list()) {
    const one = found.get(id);
    const running = (await servers.room.runs.look(runClaim(id))).is === 'running';
    if (one && running && (await isThere(instanceFiles(one.folder).prepared))) {
      found.delete(id);
      await servers.adopt(one.folder, one.record, 'on');
      spares.keep(id);
    } else await tokens.drop(id);
  }
  for (const { folder, record } of found.values()) await takeAway(servers, folder, record);
  await endStrays(servers);
}

async function findClones(root: string, found: Map<string, Found>): Promise<void> {
  for (const name of (await orMissing(readdir(root))) ?? []) {
    const folder = join(root, name);
    if (name.startsWith(removedPrefix) || name.startsWith('.trial-')) await removeRemains(folder);
    if (!/^[0-9a-f]{12}$/.test(name)) continue;
    const record = await readInstance(folder);
    if (record) found.set(record.id, { folder, record });
    else await removeClone(folder);
  }
}

async function openClaim(about: OpenAbout, claim: Claim, found: Map<string, Found>): Promise<void> {
  const { files, servers } = about;
  const place = await files.place(claim);
  const one = found.get(place?.id ?? '');
  const ready = await files.ready(claim);
  const leaving = await files.isLeaving(claim);
  if (one && (ready || leaving)) {
    found.delete(one.record.id);
    const rests = leaving || (ready && databaseSpecOf(ready.spec).power === 'off');
    await servers.adopt(one.folder, one.record, rests ? 'off' : 'on');
  }
  if (leaving) about.end(claim);
  else if (!ready) about.resume(claim);
}

async function takeAway(servers: Servers, folder: string, record: InstanceRecord): Promise<void> {
  await servers.adopt(folder, record, 'off');
  await servers.discard(record.id);
}

/** Servers whose clone was deleted behind our back. */
export async function endStrays({ room }: Servers): Promise<void> {
  for (const claim of await room.runs.owned()) {
    const id = /^db-([0-9a-f]{12})$/.exec(claim.environment)?.[1] ?? '';
    if (room.live.has(id)) continue;
    try {
      // First: once the run is gone, nobody would look for it. Databases must serve even while Docker does not answer.
      if (id !== '') await clearStrayContainer(id, room.instance);
      await room.runs.end(claim, { graceMs: 0, remove: true });
    } catch (error) {
      room.log.warn('database.stray', { error: describeError(error) });
    }
  }
}
