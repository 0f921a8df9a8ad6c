import { parseArgs } from 'node:util';
import { type Bench, type BenchOptions, CannotMeasure, type Report } from './bench.ts';
import { askedOf } from './data/asked.ts';
import { dataBench } from './data.ts';
import { gatewayBench } from './gateway.ts';
import { idleBench } from './idle.ts';
import { intakeBench } from './intake.ts';
import { machine } from './machine.ts';
import { overheadBench } from './overhead.ts';
import { seedBench } from './seed.ts';

const benches: readonly Bench[] = [overheadBench, intakeBench, gatewayBench, idleBench, seedBench, dataBench];
const names = benches.map(({ name }) => name).join(', ');
const usage = `npm run bench -- [NAME] [--rounds N] [--megabytes N] [--json]
NAME is one of: ${names}; all but seed and data when missing.
gateway needs nginx, Caddy and wrk (scripts/install-bench-parts.sh).
seed needs Debian and root; --megabytes is the size of its staging database (200).
data needs root, MariaDB and PostgreSQL, 40 GB of disk and half an hour; --quick takes a minute or two. A part of it:
--sizes 100,1000,4000 (megabytes), --engines mariadb,postgres, --ways disk,tmpfs,tuned,parallel,copy,clone,docker.
Imports of more than 200 MB are made once, unless --rounds says how often.`;
const usualRounds = '5';

process.exitCode = await main();

/** 0: measured; 1: this machine cannot, or we were stopped; 2: asked for something that is not there. */
async function main(): Promise<number> {
  const asked = read();
  if (typeof asked === 'string') {
    console.error(`${asked}\n${usage}`);
    return 2;
  }
  const about = machine();
  const { cpu, cores, memoryGiB, node, kernel } = about;
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB memory, Node ${node}, ${kernel}`);
  const found: Record<string, unknown> = {};
  try {
    for (const { name, run } of asked.chosen) {
      const report = await run(asked);
      print(name, report);
      found[name] = report.json;
    }
  } catch (error) {
    if (!(error instanceof CannotMeasure)) throw error;
    console.error(error.message);
    return 1;
  }
  if (asked.json) console.log(JSON.stringify({ machine: about, rounds: asked.rounds, ...found }));
  return 0;
}

/** A sentence when we were asked for nonsense. */
function read(): ({ chosen: readonly Bench[]; json: boolean } & BenchOptions) | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        megabytes: { type: 'string', default: '200' },
        quick: { type: 'boolean', default: false },
        sizes: { type: 'string' },
        engines: { type: 'string' },
        ways: { type: 'string' },
      },
    });
    const unknown = positionals.find((asked) => !benches.some(({ name }) => name === asked));
    if (unknown !== undefined) return `There is no benchmark called ${unknown}.`;
    const rounds = Number(values.rounds ?? usualRounds);
    if (!Number.isSafeInteger(rounds) || rounds < 1) return 'Rounds are counted from 1.';
    const megabytes = Number(values.megabytes);
    if (!Number.isSafeInteger(megabytes) || megabytes < 1) return 'Megabytes are counted from 1.';
    const data = askedOf(values.quick, values);
    if (typeof data === 'string') return data;
    const all = benches.filter(({ onlyByName }) => onlyByName !== true);
    const chosen = positionals.length === 0 ? all : benches.filter(({ name }) => positionals.includes(name));
    return { chosen, rounds, roundsSaid: values.rounds !== undefined, megabytes, data, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function print(name: string, { table }: Report): void {
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log(`\n${name}`);
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(`  ${cells.join('   ').trimEnd()}`);
  }
}
