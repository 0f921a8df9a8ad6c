import { type ChildProcess, spawn } from 'node:child_process';
import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pickProgram } from '../../src/drivers/database/pick-program.ts';
import {
  askedOf,
  clearContainer,
  familyOf,
  readyContainer,
  serverCommand,
} from '../../src/drivers/database/server-command.ts';
import { type InstanceRecord, instanceFiles } from '../../src/drivers/database/server-instance.ts';
import { removeTree } from '../../src/kit/remove-tree.ts';
import { runCommand } from '../../src/kit/run-command.ts';
import { Secret } from '../../src/kit/secret.ts';
import { freePort, portRanges } from '../../src/kit/supervised-run/free-port.ts';
import { mustAnswer } from './ask.ts';
import type { BenchEngine } from './asked.ts';
import type { Ground } from './ground.ts';
import { usualMemoryMb } from './usual-memory.ts';

/** Between two questions whether it answers. */
const askEveryMs = 2;

/**
 * Milliseconds until the same server, with the same arguments, answers on an empty data folder that is there already: started by hand, with
 * no clone, no accounts and no records. `empty` is the data folder to take.
 */
export async function bareStart(
  ground: Ground,
  engine: BenchEngine,
  empty: string,
  container: string | undefined,
): Promise<number> {
  const folder = join(ground.pool, 'pool/bare');
  const { data, conf, temporary } = instanceFiles(folder);
  const { uid, gid } = await stat(empty);
  const program = await pickProgram(engine, '');
  const record: InstanceRecord = {
    ...{
      id: '0123456789ab',
      shape: { engine, settings: {}, memoryMb: usualMemoryMb, ...(container === undefined ? {} : { container }) },
    },
    ...{ program: program.path, serverVersion: program.version, source: '', version: '', golden: '', database: '' },
    ...{ superuser: 'postgres', method: 'copy', port: await freePort(new Set(), portRanges.database), uid, gid },
    run: join(folder, 'run'),
  };
  await mkdir(folder, { mode: 0o711 });
  try {
    for (const path of [conf, temporary, record.run]) {
      await mkdir(path, { mode: 0o711 });
      await chown(path, uid, gid);
    }
    await runCommand(['cp', '-a', '--reflink=auto', '--', empty, data], { timeLimitMs: 60_000 });
    const family = familyOf(engine);
    const first = { serverVersion: program.version, database: '', superuser: 'postgres' };
    const files = family.filesOf(askedOf(folder, record), true, new Secret('x'), first);
    for (const [name, text] of Object.entries(files))
      await writeFile(join(conf, name), name === 'init.sql' ? '\n' : text, { mode: 0o644 });
    return await timed(ground, record, folder);
  } finally {
    await removeTree(folder);
  }
}

async function timed({ instance, signal }: Ground, record: InstanceRecord, folder: string): Promise<number> {
  const { shape, run, port } = record;
  const isMaria = shape.engine !== 'postgres';
  const user = isMaria ? 'root' : 'postgres';
  const facts = {
    engine: shape.engine,
    socket: familyOf(shape.engine).socketOf(run, port),
    port,
    user,
    database: isMaria ? '' : user,
  };
  await readyContainer(record, instance, signal);
  const [program, ...args] = serverCommand(folder, record, instance);
  const began = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], MALLOC_ARENA_MAX: '1' },
    stdio: 'ignore',
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      if (child.exitCode !== null) throw new Error(`starting ${program} by hand: it ended with ${child.exitCode}`);
      try {
        await mustAnswer(facts, new Secret(''), 'SELECT 1', signal);
        return performance.now() - began;
      } catch (error) {
        if (performance.now() - began > 60_000) throw error;
        await new Promise((resolve) => setTimeout(resolve, askEveryMs));
      }
    }
  } finally {
    await ended(child);
    await clearContainer(record, instance);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // In good order, so that it gives back what it holds outside of its folder.
  child.kill('SIGINT');
  child.kill('SIGTERM');
  await gone;
}
