import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim } from '../../domain/claim.ts';
import { type JsonObject, sameJson } from '../../domain/json.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { readIfThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { Log } from '../../ports/call.ts';
import type { ClaimFiles, SpareTokens } from './claim-files.ts';
import { asJson, type DatabaseSpec, type Shape, shapeOf } from './database-spec.ts';
import { memoryFloor } from './free-memory.ts';
import { newestGolden } from './golden-copy.ts';
import type { LiveInstance } from './live-instance.ts';
import type { InstanceMaker } from './make-instance.ts';
import type { Servers } from './servers.ts';

export interface SparesOptions {
  /** How many of each source; 0 for none. */
  readonly count: number;
  readonly golden: string;
  readonly tokens: SpareTokens;
  readonly files: ClaimFiles;
  readonly servers: Servers;
  readonly maker: InstanceMaker;
  readonly log: Log;
  /** Bytes of memory that are free; below the floor there are no spares. */
  readonly freeMemory: () => Promise<number>;
  readonly signal: AbortSignal;
}

/**
 * Started clones of the newest golden copies that nobody has yet, in the shape that was last asked for. Each is handed out once: the file
 * that names it is renamed into its taker's folder.
 */
export interface Spares {
  /** One that is as this spec asks, now the claim's own; its folder must be there. `undefined`: there is none. */
  take(claim: Claim, spec: DatabaseSpec): Promise<LiveInstance | undefined>;
  /** Begins to make what is missing and to drop what is too old, in the background. */
  refill(): void;
  /** The spare of this id may go on being one. */
  keep(id: string): void;
  idle(): Promise<void>;
}

export function spares(options: SparesOptions): Spares {
  const { count, golden, tokens, files, servers, maker, log, freeMemory, signal } = options;
  const known = new Set<string>();
  let working: Promise<void> | undefined;
  let again = false;
  const wantedFile = join(tokens.folder, 'wanted.json');

  async function wanted(): Promise<Record<string, JsonObject>> {
    const text = await readIfThere(wantedFile);
    return text === undefined ? {} : (JSON.parse(text) as Record<string, JsonObject>);
  }

  async function note(source: string, shape: Shape): Promise<void> {
    const all = await wanted();
    const asked = asJson(shape);
    if (all[source] && sameJson(all[source], asked)) return;
    await mkdir(tokens.folder, { recursive: true });
    await writeWhole(wantedFile, JSON.stringify({ ...all, [source]: asked }));
  }

  async function drop(id: string): Promise<void> {
    known.delete(id);
    if (await tokens.drop(id)) await servers.discard(id);
  }

  const fits = (one: LiveInstance | undefined, source: string, version: string, shape: JsonObject): boolean =>
    one?.phase === 'up' &&
    one.record.source === source &&
    one.record.version === version &&
    one.record.checkpoint === undefined &&
    sameJson(asJson(one.record.shape), shape);

  async function round(): Promise<void> {
    const short = (await freeMemory()) < memoryFloor;
    const all = short ? {} : await wanted();
    const keep = new Set<string>();
    for (const [source, shape] of Object.entries(all)) {
      const newest = await newestGolden(golden, source);
      if (!newest || newest.engine !== shape['engine']) continue;
      const there = [...known].filter((id) => fits(servers.room.live.get(id), source, newest.version, shape));
      for (const id of there.slice(0, count)) keep.add(id);
      for (let missing = count - there.length; missing > 0; missing -= 1) {
        signal.throwIfAborted();
        const about = { golden: newest, source, version: newest.version, shape: shape as unknown as Shape };
        const one = await maker.make({ ...about, signal, say: () => undefined, named: async () => undefined });
        const { id } = one.record;
        known.add(id);
        keep.add(id);
        await mkdir(tokens.folder, { recursive: true });
        await tokens.add({ id, folder: one.folder });
        log.debug('database.spare', { id, source });
      }
    }
    for (const id of [...known]) if (!keep.has(id)) await drop(id);
  }

  async function work(): Promise<void> {
    do {
      again = false;
      try {
        await round();
      } catch (error) {
        if (!signal.aborted) log.warn('database.spare', { error: describeError(error) });
      }
    } while (again && !signal.aborted);
    working = undefined;
  }

  return {
    keep: (id) => void known.add(id),
    refill() {
      if (signal.aborted) return;
      again = true;
      working ??= work();
    },
    async take(claim, spec) {
      if (count === 0 || spec.source === undefined || spec.checkpoint !== undefined || spec.power === 'off')
        return undefined;
      const shape = shapeOf(spec);
      await note(spec.source, shape);
      for (const id of [...known]) {
        const one = servers.room.live.get(id);
        if (!one || !fits(one, spec.source, spec.version, asJson(shape))) continue;
        known.delete(id);
        if (await files.takeOver(claim, tokens.pathOf(id))) return one;
      }
      return undefined;
    },
    idle: async () => working,
  };
}
