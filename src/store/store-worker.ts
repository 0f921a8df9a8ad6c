import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteRooms } from './open-sqlite-rooms.ts';
import type { Work } from './rooms-over.ts';
import { type SentError, sentError } from './sent-error.ts';

/** What the store is asked, and its answer on the way back. */
export interface StoreQuestion {
  readonly id: number;
  readonly room: string;
  readonly work: string;
  readonly given: readonly unknown[];
}
export type StoreAnswer = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: SentError });

/** The first message: what can be asked, by room; or why the store cannot be opened. */
export type StoreOpening =
  | { readonly rooms: Readonly<Record<string, readonly string[]>> }
  | { readonly error: SentError };

// All of a transaction runs in this thread, the disk's fsync too: the server's event loop goes on meanwhile, and is woken once.
if (parentPort) await serve(parentPort, String(workerData));

async function serve(port: NonNullable<typeof parentPort>, path: string): Promise<void> {
  try {
    const { close, ...store } = await openSqliteRooms(path);
    const rooms = store as unknown as Readonly<Record<string, Readonly<Record<string, Work>>>>;
    port.on('message', async (question: StoreQuestion | 'close') => {
      if (question !== 'close') return port.postMessage(await answerTo(question, rooms));
      await close();
      port.close();
    });
    const names = Object.entries(rooms).map(([name, room]) => [name, Object.keys(room)]);
    port.postMessage({ rooms: Object.fromEntries(names) } satisfies StoreOpening);
  } catch (error) {
    port.postMessage({ error: sentError(error) } satisfies StoreOpening);
  }
}

async function answerTo(
  { id, room, work, given }: StoreQuestion,
  rooms: Readonly<Record<string, Readonly<Record<string, Work>>>>,
): Promise<StoreAnswer> {
  try {
    return { id, answer: await rooms[room]?.[work]?.(...given) };
  } catch (error) {
    return { id, error: sentError(error) };
  }
}
