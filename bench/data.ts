import type { Bench, BenchOptions, Report } from './bench.ts';
import { CannotMeasure } from './bench.ts';
import type { BenchEngine } from './data/asked.ts';
import { skippedOf } from './data/asked.ts';
import { openGround } from './data/ground.ts';
import { serverImages } from './data/images.ts';
import { measureEngine } from './data/measure-engine.ts';
import type { Measured } from './data/measured.ts';
import { heading, jsonOf, rowsOf } from './data/verdict.ts';

/** Staging data for an environment: imports of a dump, copies and clones of golden files, with the servers over them. */
export const dataBench: Bench = { name: 'data', onlyByName: true, run: benchData };

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function benchData({ rounds, roundsSaid = false, data }: BenchOptions): Promise<Report> {
  const stop = new AbortController();
  const onSignal = (): void => {
    say('stopping, and taking away what was made');
    stop.abort(new CannotMeasure('data: stopped.'));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  const found: Measured[] = [];
  const ground = await openGround(data.sizes, stop.signal);
  const missing: string[] = [];
  try {
    const images = data.ways.includes('docker')
      ? await serverImages(data.engines, missing, say)
      : new Map<BenchEngine, string>();
    for (const engine of data.engines)
      found.push(
        await measureEngine(ground, {
          ...{ ...data, engine, rounds, say },
          ...{ importRounds: roundsSaid ? rounds : undefined, image: images.get(engine) },
        }),
      );
  } catch (error) {
    // What failed because we stopped has nothing to say.
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    await ground.close();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
  return {
    table: [heading, ...found.flatMap(rowsOf)],
    json: {
      sizes: data.sizes,
      ...Object.fromEntries(found.map((one) => [one.engine, jsonOf(one)])),
      missing,
      // What nobody asked for is no figure that is good or bad.
      skipped: skippedOf(data),
    },
  };
}
