import { mkdir } from 'node:fs/promises';
import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type CloneMethod, findCloneMethod } from '../../kit/clone/clone-method.ts';
import { makeClone } from '../../kit/clone/make-clone.ts';
import { savedTaken } from '../../kit/golden/saved-taken.ts';
import type { SavedFrom, SavedState } from '../../ports/saved-states.ts';
import { folderName } from './database-spec.ts';
import type { DatabasesRoom } from './databases-room.ts';
import { fileBytes } from './file-bytes.ts';
import type { LiveInstance } from './live-instance.ts';
import { needRoom } from './need-room.ts';
import { instanceFiles } from './server-instance.ts';
import { whileStopped } from './while-stopped.ts';

export interface SaveAbout {
  readonly name: string;
  readonly from: SavedFrom;
}

/**
 * Saves the state of a database that serves. Its server stands still while its files are cloned: clones of single files are of one moment
 * only when nothing writes. All else is done while it serves again.
 */
export async function saveState(
  room: DatabasesRoom,
  claim: Claim,
  { name, from }: SaveAbout,
  signal: AbortSignal,
): Promise<SavedState> {
  const { saved, servers, clock } = room;
  if (!folderName.test(name)) throw notAName(name);
  if (await saved.find(name)) throw savedTaken(name);
  const one = await handedOver(room, claim);
  const data = instanceFiles(one.folder).data;
  await mkdir(saved.root, { recursive: true, mode: 0o711 });
  const method = await methodFor(data, saved.root);
  const bytes = await fileBytes(data, signal);
  await needRoom(saved.root, method === 'copy' ? bytes : 0);
  const partial = saved.partial();
  try {
    await mkdir(partial, { mode: 0o711 });
    const stoppedAt = clock.monotonic();
    const savedAt = clock.now();
    await whileStopped(servers.room, one, () => makeClone({ from: data, folder: partial, method, signal }));
    mustBeThere(room, one);
    const stoodStillMs = Math.round(clock.monotonic() - stoppedAt);
    const { engine } = one.record.shape;
    const { serverVersion, source, version, superuser } = one.record;
    // One that began empty has a database since it was handed over.
    const ready = await room.files.ready(claim);
    const database = one.record.database || String(ready?.facts['database'] ?? '');
    const masked = source === '' || one.record.masked === true;
    const state = { name, engine, serverVersion, source, version, masked, savedAt, stoodStillMs, from };
    const all = { ...state, bytes: await fileBytes(partial, signal) };
    signal.throwIfAborted();
    await saved.publish(partial, all, { database, superuser });
    return all;
  } catch (error) {
    await saved.discard(partial);
    throw error;
  }
}

/** Never over the golden copy: a state must not need another. */
async function methodFor(data: string, to: string): Promise<CloneMethod> {
  const method = await findCloneMethod(data, to);
  return method === 'overlay' ? 'copy' : method;
}

async function handedOver({ files, endings, servers }: DatabasesRoom, claim: Claim): Promise<LiveInstance> {
  const place = await files.place(claim);
  const one = place && servers.room.live.get(place.id);
  if (one && (await files.ready(claim)) && !endings.has(claimName(claim))) return one;
  throw new WizardError('saving a state: the database is not there, or not whole', {
    code: 'database/busy',
    remedy: 'try-again',
    hint: 'Wait until the environment is live.',
  });
}

/** What left meanwhile may have been cloned in part. */
function mustBeThere({ servers }: DatabasesRoom, one: LiveInstance): void {
  if (one.phase !== 'leaving' && servers.room.live.get(one.record.id) === one) return;
  throw new WizardError('saving a state: the database was taken away meanwhile', {
    code: 'database/gone',
    remedy: 'change-input',
    hint: 'Its environment was closed, or given other data.',
  });
}

const notAName = (name: string): WizardError =>
  new WizardError(`naming a saved state "${name}": that is no name for one`, {
    code: 'database/bad-name',
    remedy: 'change-input',
    hint: 'Letters, digits, dots, hyphens and underscores, at most 128, beginning with a letter or a digit.',
  });
