import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { WizardError } from '../../../domain/wizard-error.ts';
import type { OpenCommand } from '../../../kit/dumps/open-command.ts';
import { type DumpSplitter, dumpSplitter } from './split-dump.ts';

const atOnce = (): number => Math.min(4, Math.max(2, availableParallelism()));
/** What waits for a client, so that it has something to do while the others get theirs. */
const mostWaiting = 4 * 1024 * 1024;
const mark = 'wizard-mark-';

/** A client of MySQL that says when it has done all that it was given. It must write its answers at once (`--unbuffered`). */
interface Client {
  readonly command: OpenCommand;
  /** The last settings that it was told. */
  told: string;
  give(bytes: Buffer | string): Promise<void>;
  idle(): Promise<void>;
}

/**
 * Several clients as one that loads a dump: rows of a table go to all of them in turn, everything else to the first one, when
 * what was before is done. What is not a dump of `mysqldump` goes to the first one alone, and no other is begun. Of two that
 * fail it tells the first.
 */
export function severalClients(open: () => OpenCommand, count = atOnce()): OpenCommand {
  const over = Promise.withResolvers<void>();
  const splitter = dumpSplitter();
  const clients: Client[] = [];
  let failedAt: number | undefined;
  let isWhole = false;

  const stop = (): void => {
    for (const { command } of clients) command.stop();
  };
  function begin(): Client {
    const client = clientOf(open());
    clients.push(client);
    const failed = (error: unknown): void => {
      failedAt ??= client.command.endedAt();
      over.reject(error);
      stop();
    };
    client.command.ended.then(() => isWhole || failed(endedEarly()), failed);
    return client;
  }
  const first = begin();
  const feed = feeder(splitter, first, () => (clients.length <= count ? begin() : undefined));

  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      feed(splitter.take(chunk)).then(() => done(), done);
    },
    final(done) {
      const end = async (): Promise<void> => {
        await feed(splitter.rest());
        await Promise.all(clients.slice(1).map((client) => client.idle()));
        isWhole = true;
        for (const { command } of clients) command.stdin.end();
        await Promise.all(clients.map(({ command }) => command.ended));
        over.resolve();
      };
      end().then(() => done(), done);
    },
    destroy(cause, done) {
      // A dump that broke off is told by itself; they end, as one alone would.
      if (cause && !isWhole) {
        isWhole = true;
        for (const { command } of clients) command.stdin.destroy();
        Promise.all(clients.map(({ command }) => command.ended)).then(() => over.resolve(), over.reject);
      }
      done(cause);
    },
  });
  // Whoever awaits it is told; until then it must not count as nobody's.
  over.promise.catch(() => undefined);
  return { stdin, stdout: Readable.from([]), endedAt: () => failedAt ?? lastEnd(clients), ended: over.promise, stop };
}

/** Gives pieces of a dump to clients. `another` begins one, unless there are enough. */
function feeder(splitter: DumpSplitter, first: Client, another: () => Client | undefined) {
  const others: Client[] = [];
  let isBusy = false;
  let isReady = false;
  let current = first;

  async function choose(): Promise<Client> {
    const settings = splitter.settings();
    const began = another();
    if (began) others.push(began);
    if (others.every(({ command }) => waiting(command) > mostWaiting))
      await Promise.race(others.map(({ command }) => drained(command)));
    const next = others.toSorted((one, two) => waiting(one.command) - waiting(two.command))[0] ?? first;
    if (next.told !== settings) await next.give(settings);
    next.told = settings;
    return next;
  }

  return async (pieces: ReturnType<DumpSplitter['take']>): Promise<void> => {
    for (const { to, bytes, begins } of pieces) {
      if (to === 'one') {
        if (isBusy) await Promise.all(others.map((client) => client.idle()));
        isBusy = false;
        isReady = false;
        await first.give(bytes);
        continue;
      }
      if (!isReady) await first.idle();
      isReady = true;
      isBusy = true;
      if (begins) current = await choose();
      await current.give(bytes);
    }
  };
}

const waiting = ({ stdin }: OpenCommand): number => stdin.writableLength;

function clientOf(command: OpenCommand): Client {
  let marks = 0;
  let said = '';
  let heard = (): void => undefined;
  command.stdout.setEncoding('latin1').on('data', (text: string) => {
    said = (said + text).slice(-100);
    heard();
  });
  // Why it takes no more is told by its end.
  command.stdin.on('error', () => undefined);
  return {
    command,
    told: '',
    async give(bytes) {
      command.stdin.write(bytes);
      if (waiting(command) > mostWaiting) await drained(command);
    },
    async idle() {
      marks += 1;
      const word = `${mark}${marks}\n`;
      const done = new Promise<void>((resolve) => {
        heard = () => said.includes(word) && resolve();
      });
      command.stdin.write(`SELECT '${mark}${marks}';\n`);
      await Promise.race([done, command.ended]);
    },
  };
}

/** Rejects when it fails before. */
async function drained(command: OpenCommand): Promise<void> {
  if (!command.stdin.writableNeedDrain) return;
  const stopping = new AbortController();
  const emptied = once(command.stdin, 'drain', { signal: stopping.signal });
  emptied.catch(() => undefined);
  try {
    await Promise.race([emptied, command.ended]);
  } finally {
    stopping.abort();
  }
}

const lastEnd = (clients: readonly Client[]): number | undefined => {
  const ends = clients.map(({ command }) => command.endedAt());
  return ends.some((at) => at === undefined) ? undefined : Math.max(...ends.map((at) => at ?? 0));
};

const endedEarly = (): WizardError =>
  new WizardError('loading the dump: a client ended before the dump did', {
    code: 'command/failed',
    remedy: 'try-again',
  });
