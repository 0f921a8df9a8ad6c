import { seededRandom } from '../../testing/seeded-random.ts';
import { type Asking, connect } from './ask.ts';
import type { Environments } from './environments.ts';
import type { Ground } from './ground.ts';
import type { Updates } from './measured.ts';
import type { Staging } from './staging.ts';
import { largest, rowsOf } from './tables.ts';

export interface UpdatesAbout {
  readonly clones: Environments;
  readonly copies: Environments;
  readonly staging: Staging;
  readonly rounds: number;
}

const count = 10_000;
const turn = 1000;

/** The first UPDATE on the largest table of fresh databases, and many of random rows, a thousand here and a thousand there. */
export async function measureUpdates(ground: Ground, about: UpdatesAbout): Promise<{ clone: Updates; copy: Updates }> {
  const { clones, copies, staging, rounds } = about;
  const { engine, source, version, megabytes } = staging;
  const rows = rowsOf(engine, largest, megabytes);
  const random = seededRandom(7);
  const update = async (asking: Asking): Promise<number> => {
    const sql = `UPDATE ${largest} SET payload = 'changed by somebody who tries it' WHERE id = ${random.between(1, rows)}`;
    const began = performance.now();
    await asking.ask(sql);
    return performance.now() - began;
  };
  const found = {
    clone: { first: [] as number[], random: [] as number[] },
    copy: { first: [] as number[], random: [] as number[] },
  };
  for (let round = 0; round < rounds; round++) {
    const pair = await Promise.all([clones, copies].map((one) => one.make({ engine, source, version })));
    const asking = await Promise.all(pair.map(({ facts, password }) => connect(facts, password, ground.signal)));
    for (const [index, way] of (['clone', 'copy'] as const).entries()) {
      const one = asking[index];
      if (one) found[way].first.push(await update(one));
    }
    for (let done = 0; round === 0 && done < count; done += turn)
      for (const [index, way] of (['clone', 'copy'] as const).entries())
        for (let each = 0; each < turn; each++) {
          const one = asking[index];
          if (one) found[way].random.push(await update(one));
        }
    await Promise.all(asking.map((one) => one.close()));
    const [clone, copy] = pair;
    if (clone) await clones.remove(clone);
    if (copy) await copies.remove(copy);
  }
  return found;
}
