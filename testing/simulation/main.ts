import { parseArgs } from 'node:util';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const began = performance.now();
let failed = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const result = await runSeed(seed, { keepTrace: values.trace });
  if (values.trace) console.log(result.trace.join('\n'));
  if (result.problems.length > 0) {
    failed += 1;
    console.log(`seed ${seed} ${result.hash}: ${result.problems.join('; ')}`);
  } else if (count === 1)
    console.log(`seed ${seed} ${result.hash} ok, ${result.kills} kills, rest after ${result.restedAfterMs} ms`);
}
console.log(`${count - failed} of ${count} seeds hold, ${Math.round(performance.now() - began)} ms`);
process.exitCode = failed > 0 ? 1 : 0;
