import type { Worker } from 'node:worker_threads';
import { WizardError } from '../domain/wizard-error.ts';
import { openWorker } from '../kit/open-worker.ts';
import type { Store } from '../ports/store.ts';
import { roomsOver, type StoredRooms, type Work } from './rooms-over.ts';
import { receivedError } from './sent-error.ts';
import type { StoreAnswer, StoreOpening, StoreQuestion } from './store-worker.ts';

/** Rejects `lost` when the thread ends without having been told to: it was out of memory, or has a defect. */
type StoreInThread = Store & { readonly lost: Promise<never> };

/** The embedded store in a thread of its own: one message there and one back, whatever is asked. Rejects when it cannot be opened. */
export async function storeInThread(path: string): Promise<StoreInThread> {
  const worker = openWorker(new URL('./store-worker.ts', import.meta.url), path);
  const opening = await firstMessage(worker);
  if ('error' in opening) {
    await worker.terminate();
    throw receivedError(opening.error);
  }
  const { ask, ...rest } = asker(worker);
  const rooms = Object.entries(opening.rooms).map(([room, works]) => {
    const asked = works.map((work): [string, Work] => [work, (...given) => ask(room, work, given)]);
    return [room, Object.fromEntries(asked)];
  });
  return { ...roomsOver(Object.fromEntries(rooms) as StoredRooms), ...rest };
}

function firstMessage(worker: Worker): Promise<StoreOpening> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('its thread has ended')));
  });
}

function asker(worker: Worker) {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const { promise: lost, reject: lose } = Promise.withResolvers<never>();
  // Whoever awaits `lost` hears of it; without this a loss before that would end the process unexplained.
  lost.catch(() => undefined);
  let count = 0;
  let closing = false;
  let ended: Error | undefined;
  const end = (cause?: Error): void => {
    if (ended) return;
    ended = threadEnded(cause);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    if (!closing) lose(lostThread(cause));
  };
  worker.on('message', (answer: StoreAnswer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) caller?.reject(receivedError(answer.error));
    else caller?.resolve(answer.answer);
  });
  worker.on('error', end);
  worker.on('exit', () => end());
  return {
    lost,
    ask: (room: string, work: string, given: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        count += 1;
        // Throws where something given cannot be sent: then nothing is waited for.
        worker.postMessage({ id: count, room, work, given } satisfies StoreQuestion);
        waiting.set(count, { resolve, reject });
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        closing = true;
        if (ended) return resolve();
        worker.once('exit', () => resolve());
        worker.postMessage('close');
      }),
  };
}

const threadEnded = (cause: Error | undefined): WizardError =>
  new WizardError('asking the store: its thread has ended', {
    code: 'store/unavailable',
    remedy: 'try-again',
    hint: 'Nothing acknowledged is lost. Where the server does not end by itself, restart it.',
    cause,
  });

const lostThread = (cause: Error | undefined): WizardError =>
  new WizardError('holding the store: its thread has ended', {
    code: 'store/lost',
    remedy: 'fix-setup',
    hint: 'Start the server again; nothing acknowledged is lost. See whether the machine is short of memory.',
    cause,
  });
