import type { Clock } from '../src/ports/clock.ts';

/** Whether the server that holds a port still lives. */
export interface Life {
  dead: boolean;
}

/**
 * The same port as seen by a server that can be killed: once `life.dead` is true, no call begins and no answer arrives, not even
 * of calls that were under way. Whoever awaits one stops there for ever, as code of a killed process does.
 */
export function mortal<Port extends object>(port: Port, life: Life): Port {
  const known = new Map<PropertyKey, unknown>();
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function' && !isPlain(value)) return value;
      if (!known.has(key))
        known.set(key, typeof value === 'function' ? mortalMethod(target, value, life) : mortal(value, life));
      return known.get(key);
    },
  });
}

/** Timers of a dead server do not fire; its time still passes. */
export const mortalClock = (clock: Clock, life: Life): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (ms, then) =>
    clock.after(ms, () => {
      if (!life.dead) then();
    }),
});

function mortalMethod(target: object, method: CallableFunction, life: Life) {
  return (...given: unknown[]): unknown => {
    if (life.dead) return noAnswer();
    const answer: unknown = Reflect.apply(method, target, given);
    if (answer instanceof Promise) return onlyAlive(answer, life);
    if (isIterable(answer)) return mortalItems(answer, life);
    return answer;
  };
}

function onlyAlive<Answer>(answer: Promise<Answer>, life: Life): Promise<Answer> {
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => {
        if (!life.dead) resolve(value);
      },
      (error: unknown) => {
        if (!life.dead) reject(error);
      },
    );
  });
}

async function* mortalItems<Item>(items: AsyncIterable<Item>, life: Life): AsyncIterable<Item> {
  const iterator = items[Symbol.asyncIterator]();
  while (true) {
    const step = await onlyAlive(Promise.resolve(iterator.next()), life);
    if (step.done) return;
    yield step.value;
  }
}

/** Good for `await` and for `for await`: neither goes on. */
function noAnswer(): unknown {
  const never = new Promise<never>(() => undefined);
  return Object.assign(never, { [Symbol.asyncIterator]: () => ({ next: () => never }) });
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
