import { parentPort, workerData } from 'node:worker_threads';
import { type Durability, openSqliteEngine, type SqliteAnswer } from './sqlite-engine.ts';

/** A statement on its way to the worker, and its answer on the way back. */
export interface WorkerQuestion {
  readonly id: number;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly durability: Durability;
}
export type WorkerAnswer = { readonly id: number } & (
  | { readonly answer: SqliteAnswer }
  | { readonly error: { readonly message: string; readonly code: string; readonly errcode: number } }
);

// The disk's fsync happens in this thread, so the server's event loop goes on meanwhile.
if (parentPort) {
  const port = parentPort;
  const engine = openSqliteEngine(String(workerData));
  port.on('message', (question: WorkerQuestion | 'close') => {
    if (question === 'close') {
      engine.close();
      port.close();
      return;
    }
    port.postMessage(answerTo(question));
  });

  function answerTo(question: WorkerQuestion): WorkerAnswer {
    try {
      return { id: question.id, answer: engine.run(question.text, question.values, question.durability) };
    } catch (error) {
      const {
        message = String(error),
        code = '',
        errcode = 0,
      } = error as { message?: string; code?: string; errcode?: number };
      return { id: question.id, error: { message, code, errcode } };
    }
  }
}
