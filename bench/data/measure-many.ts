import { mustAnswer } from './ask.ts';
import { type Environments, openEnvironments } from './environments.ts';
import type { Ground } from './ground.ts';
import { serverMemory } from './server-processes.ts';
import type { Staging } from './staging.ts';
import { firstRows, largest } from './tables.ts';

const many = 20;
/** After this a server that nobody asks anything has done what it does at its start. */
const idleMs = 2000;

/** Milliseconds until the last of twenty clones that were begun at once has answered, and megabytes of each server afterwards. */
export async function measureTwenty(
  ground: Ground,
  clones: Environments,
  { engine, source, version }: Staging,
  rounds: number,
) {
  const times: number[] = [];
  const memoryMb: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const all = await Promise.all(
      Array.from({ length: many }, async () => {
        const one = await clones.make({ engine, source, version });
        await mustAnswer(one.facts, one.password, firstRows(largest), ground.signal);
        return one;
      }),
    );
    times.push(performance.now() - began);
    if (round === 0) {
      await new Promise((resolve) => setTimeout(resolve, idleMs));
      for (const { facts } of all) memoryMb.push(await serverMemory(String(facts['path'])));
    }
    await Promise.all(all.map((one) => clones.remove(one)));
  }
  return { times, memoryMb };
}

/** Milliseconds from asking for a database until it answers, while a spare is there. */
export async function measureHandOut(
  ground: Ground,
  { engine, source, version }: Staging,
  rounds: number,
): Promise<number[]> {
  const environments = openEnvironments(ground, { dataDir: ground.pool, spares: 1 });
  const times: number[] = [];
  // The first finds no spare; from then on there is one.
  for (let round = 0; round <= rounds; round++) {
    await environments.driver.sparesIdle();
    const began = performance.now();
    const one = await environments.make({ engine, source, version });
    await mustAnswer(one.facts, one.password, firstRows(largest), ground.signal);
    if (round > 0) times.push(performance.now() - began);
    await environments.driver.sparesIdle();
    await environments.remove(one);
  }
  await environments.close();
  return times;
}
