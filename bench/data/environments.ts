import type { Claim, EnvironmentId } from '../../src/domain/claim.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type DatabaseDriver, databaseDriver } from '../../src/drivers/database/database-driver.ts';
import { systemClock } from '../../src/kit/clock.ts';
import type { CloneMethod } from '../../src/kit/clone/clone-method.ts';
import { dropNetwork } from '../../src/kit/containers/private-network.ts';
import { once } from '../../src/kit/one-at-a-time.ts';
import type { Secret } from '../../src/kit/secret.ts';
import { serviceSecrets } from '../../src/kit/service-secrets.ts';
import type { Observation } from '../../src/ports/resource-driver.ts';
import { quiet } from '../quiet.ts';
import type { BenchEngine } from './asked.ts';
import type { Ground } from './ground.ts';
import { database } from './private-room.ts';
import { usualMemoryMb } from './usual-memory.ts';

export interface Environment {
  readonly claim: Claim;
  readonly spec: JsonObject;
  readonly facts: JsonObject;
  readonly password: Secret;
}

export interface Wanted {
  readonly engine: BenchEngine;
  /** Missing: an empty database. */
  readonly source?: string;
  readonly version?: string;
  readonly container?: string;
}

/** Databases of environments, as the server makes them, beside one another in one data directory. */
export interface Environments {
  readonly driver: DatabaseDriver;
  /** Answers when the driver says that it is ready. */
  make(wanted: Wanted): Promise<Environment>;
  change(one: Environment, over: JsonObject): Promise<void>;
  /** Answers when nothing of it is left. */
  remove(one: Environment): Promise<void>;
  /** Takes everything away, spares too; another may be opened over the directory then. */
  close(): Promise<void>;
}

export interface EnvironmentsAbout {
  readonly dataDir: string;
  readonly spares?: number;
  /** Missing: the fastest that works. */
  readonly method?: CloneMethod;
}

const secrets = serviceSecrets({}, Buffer.from('the key of the bench'));
let made = 0;

/** Opens the driver of databases. Ground clears away what it leaves. */
export function openEnvironments(ground: Ground, { dataDir, spares = 0, method }: EnvironmentsAbout): Environments {
  const { instance, signal } = ground;
  const waiting = new Map<string, () => void>();
  const shared = { changed: ({ environment }: Pick<Claim, 'environment'>): void => waiting.get(environment)?.() };
  const options = { dataDir, instance, secrets, shared, clock: systemClock, log: quiet };
  const driver = databaseDriver({
    ...options,
    spares,
    ...(method === undefined ? {} : { findMethod: async () => method }),
  });
  const close = once(async () => {
    await driver.close();
    await removeAll(databaseDriver({ ...options, spares: 0 }));
    await dropNetwork(instance);
  });
  ground.onClose(close);
  const call = { signal, log: quiet };
  /** Looks whenever the driver says that something changed. */
  const until = async (is: Observation['is'], { claim, spec }: Pick<Environment, 'claim' | 'spec'>) => {
    for (;;) {
      signal.throwIfAborted();
      const changed = new Promise<void>((resolve) => waiting.set(claim.environment, resolve));
      const seen = await driver.observe(claim, spec, call);
      if (seen.is === is) return seen;
      if (seen.is === 'broken') throw new Error(`${seen.note} ${seen.lastLines?.join('\n') ?? ''}`);
      await Promise.race([changed, aborted(signal)]);
    }
  };
  return {
    driver,
    close,
    async make(wanted) {
      made += 1;
      const claim: Claim = { environment: `bench-${made}` as EnvironmentId, role: 'db.3f9a2c1d', generation: 1 };
      const secret = `service.${claim.environment}.db`;
      const spec = specOf(wanted, secret);
      await driver.create(claim, spec, call);
      const seen = await until('ready', { claim, spec });
      const password = secrets[secret];
      if (seen.is !== 'ready' || !password) throw new Error('it is not ready');
      return { claim, spec, facts: seen.facts, password };
    },
    change: async ({ claim, spec }, over) => driver.update?.(claim, { ...spec, ...over }, call),
    async remove(one) {
      await driver.destroy(one.claim, call);
      await until('absent', one);
    },
  };
}

const specOf = ({ engine, source, version = '', container }: Wanted, secret: string): JsonObject => ({
  ...{ engine, version, edition: 0, database, user: 'app', settings: {}, password: { secret } },
  memoryMb: usualMemoryMb,
  ...(source === undefined ? {} : { source }),
  ...(container === undefined ? {} : { container }),
});

/** Everything that bears our name goes, spares too. */
async function removeAll(driver: DatabaseDriver): Promise<void> {
  const call = { signal: AbortSignal.timeout(120_000), log: quiet };
  for await (const claim of driver.owned(call)) await driver.destroy(claim, call);
  driver.refillSpares();
  await driver.sparesIdle();
  while ((await driver.goldenInUse()).length > 0) {
    call.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await driver.close();
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
