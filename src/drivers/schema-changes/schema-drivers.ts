import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { localLookMs } from '../../kit/local-look.ts';
import { type MadeDirectoriesOptions, madeDirectories } from '../../kit/made-directory.ts';
import type { Make, Making } from '../../kit/making-task.ts';
import { orMissing } from '../../kit/path-kind.ts';
import type { Secrets } from '../../kit/secret.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import { writeWhole } from '../../kit/write-whole.ts';
import type { DriverTraits, ResourceDriver } from '../../ports/resource-driver.ts';
import { findChanges } from './find-changes.ts';
import { readSchema } from './read-schema.ts';
import { type Schema, schemaShape } from './schema.ts';
import { changesSpecOf, type DatabasePlace, snapshotSpecOf } from './schema-spec.ts';

export interface SchemaOptions extends Omit<MadeDirectoriesOptions, 'root' | 'what'> {
  readonly dataDir: string;
  readonly secrets: Secrets;
}

/** Works in the background until it is closed. */
export type SchemaDriver = ResourceDriver & { close(): Promise<void> };

const traits: DriverTraits = { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'costly' };
const tries = 3;
const betweenTriesMs = 500;
const lookLimitMs = 20_000;
const writtenAfterMs = 300;

const schemaFile = (folder: string): string => join(folder, 'schema.json');

/**
 * The schema of a database as it is before the release steps, in `DATA/schemas/CLAIM/`. Facts: `path`. A database that cannot be read
 * stops no pull request: then nothing is written down, and later nothing compared.
 */
export function schemaSnapshots(options: SchemaOptions): SchemaDriver {
  return driverOf(options, 'schema-snapshot', 'schemas', 'what the schema was', (spec) => {
    const place = snapshotSpecOf(spec);
    return async (making) => {
      const schema = await patiently(options, making, (signal) => readSchema(place, options.secrets, signal));
      if (schema) await writeWhole(schemaFile(making.path), JSON.stringify(schema), 0o600);
      return { path: making.path };
    };
  });
}

/** What the release steps changed, and which of their statements took long. Facts: `changes`, `slow`, `tookMs`; see `findChanges`. */
export function schemaChanges(options: SchemaOptions): SchemaDriver {
  return driverOf(options, 'schema-changes', 'schema-changes', 'the look at what migrations changed', (spec) => {
    const asked = changesSpecOf(spec);
    return async (making) => {
      // Servers write down what took long a moment after they answered it.
      const restMs = asked.until + writtenAfterMs - options.clock.now();
      if (restMs > 0) await pause(options.clock, Math.min(restMs, writtenAfterMs));
      const before = await schemaIn(asked.schema);
      const after = before && (await readAgain(options, making, asked));
      const known = before && after ? { before, after } : undefined;
      const found = await patiently(options, making, (signal) => findChanges(asked, options.secrets, known, signal));
      return found ?? { changes: [], slow: [], tookMs: asked.until - asked.since };
    };
  });
}

const readAgain = (options: SchemaOptions, making: Making, place: DatabasePlace): Promise<Schema | undefined> =>
  patiently(options, making, (signal) => readSchema(place, options.secrets, signal));

function driverOf(
  options: SchemaOptions,
  kind: string,
  folder: string,
  what: string,
  makeOf: (spec: JsonObject) => Make,
): SchemaDriver {
  const directories = madeDirectories({ ...options, root: join(resolve(options.dataDir), folder), what });
  return {
    kind,
    traits,
    observe: directories.observe,
    create: async (claim, spec, call) => directories.begin(claim, spec, makeOf(spec), call),
    destroy: directories.remove,
    owned: directories.owned,
    close: directories.close,
  };
}

/** Tried a few times, since a server may just be starting again; then it is done without. */
async function patiently<T>(
  { clock, log }: SchemaOptions,
  { signal }: Making,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  for (let left = tries; left > 0; left -= 1) {
    const limit = new AbortController();
    const cancel = clock.after(lookLimitMs, () => limit.abort(new Error('it took too long')));
    try {
      return await work(AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      signal.throwIfAborted();
      log.warn('schema-changes.look', { error: describeError(error), left: left - 1 });
    } finally {
      cancel();
    }
    if (left > 1) await pause(clock, betweenTriesMs);
  }
  return undefined;
}

/** `undefined`: none was written down, or not one that can be read any more. */
async function schemaIn(folder: string): Promise<Schema | undefined> {
  const text = await orMissing(readFile(schemaFile(folder), 'utf8'));
  try {
    return text === undefined ? undefined : schemaShape.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
