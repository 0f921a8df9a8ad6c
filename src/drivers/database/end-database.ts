import { type Claim, claimName } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import type { DatabasesRoom } from './databases-room.ts';

const againMs = 1000;

/** Begins the end of a database: its making, its server, its data, and last its record. Repeating it is harmless. */
export function endDatabase(room: DatabasesRoom, claim: Claim): void {
  const { tasks, endings, inTurn, closed, log, clock, shared } = room;
  const name = claimName(claim);
  tasks.get(name)?.stop.abort();
  if (endings.has(name)) return;
  const done = (): void => {
    endings.delete(name);
    shared.changed(claim);
  };
  const failed = (error: unknown): void => {
    if (closed.signal.aborted) return;
    log.error('database.end', { name, error: describeError(error) });
    // Still leaving, as far as anyone is told.
    clock.after(againMs, () => {
      endings.delete(name);
      if (!closed.signal.aborted) endDatabase(room, claim);
    });
  };
  endings.set(name, inTurn(name, closed.signal, () => end(room, claim)).then(done, failed));
}

async function end({ tasks, files, servers, owners }: DatabasesRoom, claim: Claim): Promise<void> {
  const name = claimName(claim);
  tasks.get(name)?.stop.abort();
  await tasks.get(name)?.ended;
  tasks.delete(name);
  const place = await files.place(claim);
  if (place) await servers.discard(place.id);
  await files.remove(claim);
  if (place) owners.delete(place.id);
}
