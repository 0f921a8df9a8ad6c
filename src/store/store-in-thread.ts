import type { Worker } from 'node:worker_threads';
import { WizardError } from '../domain/wizard-error.ts';
import { openWorker } from '../kit/open-worker.ts';
import type { Store } from '../ports/store.ts';
import { roomsOver, type StoredRooms, type Work } from './rooms.ts';
import { receivedError } from './sent-error.ts';
import type { StoreAnswer, StoreOpening, StoreQuestion } from './store-worker.ts';

/** The embedded store in a thread of its own: one message there and one back, whatever is asked. Rejects when it cannot be opened. */
export async function storeInThread(path: string): Promise<Store> {
  const worker = openWorker(new URL('./store-worker.ts', import.meta.url), path);
  const opening = await firstMessage(worker);
  if ('error' in opening) {
    await worker.terminate();
    throw receivedError(opening.error);
  }
  const { ask, close } = asker(worker);
  const rooms = Object.entries(opening.rooms).map(([room, works]) => {
    const asked = works.map((work): [string, Work] => [work, (...given) => ask(room, work, given)]);
    return [room, Object.fromEntries(asked)];
  });
  return { ...roomsOver(Object.fromEntries(rooms) as StoredRooms), close };
}

function firstMessage(worker: Worker): Promise<StoreOpening> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (opening: StoreOpening) => {
      worker.off('error', reject);
      resolve(opening);
    });
  });
}

function asker(worker: Worker) {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let count = 0;
  let ended: Error | undefined;
  const fail = (cause: Error): void => {
    ended ??= threadEnded(cause);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: StoreAnswer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) caller?.reject(receivedError(answer.error));
    else caller?.resolve(answer.answer);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('it was closed')));
  return {
    ask: (room: string, work: string, given: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        count += 1;
        waiting.set(count, { resolve, reject });
        worker.postMessage({ id: count, room, work, given } satisfies StoreQuestion);
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        if (ended) return resolve();
        worker.once('exit', () => resolve());
        worker.postMessage('close');
      }),
  };
}

const threadEnded = (cause: Error): WizardError =>
  new WizardError('asking the store: its thread has ended', {
    code: 'store/unavailable',
    remedy: 'try-again',
    hint: 'Restart the server. Nothing acknowledged is lost.',
    cause,
  });
