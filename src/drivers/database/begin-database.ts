import { type Claim, claimName } from '../../domain/claim.ts';
import { type JsonObject, sameJson } from '../../domain/json.ts';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { allowedSettings } from './allowed-settings.ts';
import { asJson, changesInPlace, type DatabaseSpec, databaseSpecOf, shapeOf } from './database-spec.ts';
import type { DatabasesRoom, DatabaseTask } from './databases-room.ts';
import { failureOf, handOver, makeFor, passwordOf } from './hand-over.ts';

/** Begins what is asked for, or finds that it was begun: a spare is handed over at once, all else is made in the background. */
export async function startDatabase(
  room: DatabasesRoom,
  claim: Claim,
  json: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  const { files, tasks, endings, spares, owners, closed } = room;
  const name = claimName(claim);
  const spec = checked(room, json);
  if (endings.has(name)) throw stillLeaving(name);
  const task = tasks.get(name);
  if ((task && !task.failure) || (await files.ready(claim))) return;
  await clearHalfMade(room, claim);
  await files.make(claim, { spec: json });
  const spare = await spares.take(claim, spec);
  if (!spare) return begin(room, claim, json);
  owners.set(spare.record.id, claim);
  try {
    await handOver(room, claim, spare, {
      ...{ spec, json, isIn: false },
      signal: AbortSignal.any([signal, closed.signal]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    room.log.warn('database.spare', { name, error: describeError(error) });
    await clearHalfMade(room, claim);
    await files.make(claim, { spec: json });
    return begin(room, claim, json);
  }
  room.shared.changed(claim);
  spares.refill();
}

/** Parses, and refuses what can never be made, before anything is made. */
function checked({ secrets }: DatabasesRoom, json: JsonObject): DatabaseSpec {
  const spec = databaseSpecOf(json);
  allowedSettings(spec.engine, spec.settings);
  passwordOf(secrets, spec);
  return spec;
}

/** Makes it in the background; the claim's folder is there. */
function begin(room: DatabasesRoom, claim: Claim, json: JsonObject): void {
  const stop = new AbortController();
  const ended = Promise.resolve().then(() => make(room, claim, json, task));
  const task: DatabaseTask = { stop, ended, note: 'its data is being cloned', failure: undefined };
  room.tasks.set(claimName(claim), task);
}

async function make(room: DatabasesRoom, claim: Claim, json: JsonObject, task: DatabaseTask): Promise<void> {
  const { servers, owners, tasks, closed, log, spares, shared } = room;
  const signal = AbortSignal.any([task.stop.signal, closed.signal]);
  const say = (note: string): void => {
    task.note = note;
  };
  try {
    const spec = databaseSpecOf(json);
    const one = await makeFor(room, claim, spec, { signal, say });
    const { id } = one.record;
    owners.set(id, claim);
    await handOver(room, claim, one, { spec, json, signal, isIn: true });
    if (spec.power === 'off') servers.setPower(id, 'off');
    tasks.delete(claimName(claim));
  } catch (error) {
    task.failure = failureOf(error);
    if (!signal.aborted) log.warn('database.make', { name: claimName(claim), error: describeError(error) });
  }
  if (closed.signal.aborted) return;
  shared.changed(claim);
  spares.refill();
}

/** What was on its way when the server died. */
export function resumeDatabase(room: DatabasesRoom, claim: Claim): void {
  const { files, tasks, inTurn, closed, log } = room;
  inTurn(claimName(claim), closed.signal, async () => {
    const known = await files.read(claim);
    if (known === 'missing' || known === 'half' || tasks.has(claimName(claim)) || (await files.ready(claim))) return;
    begin(room, claim, known.spec);
  }).catch((error: unknown) => {
    if (!closed.signal.aborted) log.warn('database.resume', { error: describeError(error) });
  });
}

async function clearHalfMade({ files, servers, tasks }: DatabasesRoom, claim: Claim): Promise<void> {
  const place = await files.place(claim);
  if (place) await servers.discard(place.id);
  tasks.delete(claimName(claim));
  await files.remove(claim);
}

/** Settings, memory and power change in place; anything else means other data. */
export async function changeDatabase(room: DatabasesRoom, claim: Claim, json: JsonObject): Promise<void> {
  const { files, servers, closed } = room;
  const spec = checked(room, json);
  const [ready, place] = [await files.ready(claim), await files.place(claim)];
  const one = place && servers.room.live.get(place.id);
  if (!ready || !one || !sameJson(dataOf(ready.spec), dataOf(json))) {
    if (ready) await clearHalfMade(room, claim);
    return startDatabase(room, claim, json, closed.signal);
  }
  await files.setReady(claim, { ...ready, spec: json });
  const { record } = one;
  const shape = asJson(shapeOf(spec));
  if (!sameJson(shape, asJson(record.shape))) await servers.reshape(record.id, { ...record, shape: shapeOf(spec) });
  servers.setPower(record.id, spec.power);
}

/** The part of a spec that says which data it is, and who may read it. */
function dataOf(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => !changesInPlace.some((other) => other === name)));
}

const stillLeaving = (name: string): WizardError =>
  new WizardError(`making the database ${name}: what was there under this name is still leaving`, {
    code: 'database/leaving',
    remedy: 'try-again',
  });
