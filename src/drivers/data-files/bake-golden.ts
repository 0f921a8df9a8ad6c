import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { copyTree } from '../../kit/copy-tree.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { settleTree } from '../../kit/settle-tree.ts';
import { syncDirectory, writeWhole } from '../../kit/write-whole.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataSource } from './data-source.ts';
import { dataVersion } from './data-versions.ts';
import { findGolden, goldenPath } from './golden-folder.ts';

export const partialPrefix = '.partial-';

export interface Bake {
  readonly dataDir: string;
  readonly name: string;
  readonly source: DataSource;
  readonly version: string;
  /** The `dataVersion` that the source must have all the while. */
  readonly state: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly say?: (what: string) => void;
}

/**
 * Makes the golden copy of one version: filled beside its place, written to the disk, made read-only, marked complete, and only then
 * given its name. A try that fails leaves nothing. Answers its size.
 */
export async function bakeGolden(bake: Bake): Promise<{ readonly bytes: number }> {
  const { dataDir, name, version, say = () => undefined } = bake;
  const place = goldenPath(dataDir, name, version);
  const partial = join(dirname(place), `${partialPrefix}${version}-${randomBytes(4).toString('hex')}`);
  const files = join(partial, 'files');
  try {
    await mkdir(files, { recursive: true });
    await checkVersion(bake);
    say(bake.source.load === undefined ? 'copying the files' : 'running the load command');
    await fill(bake, files);
    await checkVersion(bake);
    say('writing them to the disk');
    const size = await settleTree(files, bake.signal);
    const madeAt = new Date(bake.clock.now()).toISOString();
    await writeWhole(join(partial, 'complete.json'), `${JSON.stringify({ source: name, version, madeAt, ...size })}\n`);
    if (!(await findGolden(dataDir, name, version))) {
      await rename(partial, place);
      await syncDirectory(dirname(place));
    }
    return { bytes: size.bytes };
  } finally {
    await removeTree(partial);
  }
}

async function fill({ name, source, signal, limitMs }: Bake, files: string): Promise<void> {
  const failed = (cause: unknown): never => {
    if (signal.aborted) throw cause;
    throw new WizardError(`making the golden copy of ${name}: the data could not be loaded`, {
      code: 'data/load-failed',
      remedy: 'fix-setup',
      hint: `Look at its last lines, repair the dump or the load command of ${name}, then redeploy.`,
      cause,
    });
  };
  const env: Record<string, string> = source.dump === undefined ? {} : { WIZARD_DUMP: source.dump };
  if (source.directory !== undefined)
    await copyTree(source.directory, files, { how: 'copy', signal, timeLimitMs: limitMs }).catch(failed);
  if (source.load !== undefined) {
    const run = {
      cwd: files,
      env,
      signal,
      timeLimitMs: limitMs,
      overflow: 'keep-tail',
      doing: `loading ${name}`,
    } as const;
    await runCommand(source.load, run).catch(failed);
  } else if (source.dump !== undefined) {
    await copyFile(source.dump, join(files, basename(source.dump))).catch(failed);
  }
}

/** A dump that changes while it is read gives data of no version. */
async function checkVersion({ name, source, version, state }: Bake): Promise<void> {
  const present = await dataVersion(source);
  if (present === state) return;
  if (present === undefined) {
    throw new WizardError(`making the golden copy of ${name}: its dump or directory is not there`, {
      code: 'data/no-dump',
      remedy: 'fix-setup',
      hint: `Put the dump in its place, or correct its path in the configuration of ${name}.`,
    });
  }
  throw new WizardError(
    `making the golden copy of ${name}: the data changed, version ${version} is no longer to be had`,
    {
      code: 'data/version-gone',
      remedy: 'change-input',
      hint: 'The next plan asks for the present version.',
    },
  );
}
