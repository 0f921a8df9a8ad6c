import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { RouteSpec } from './route-spec.ts';

/** One small file for each claim, so that routes survive a restart. A file is whole or not there. */
export interface RouteFiles {
  /** Claims that have a file, in no order. */
  list(): Promise<Claim[]>;
  /** The file's text, or `undefined` when there is none. */
  find(claim: Claim): Promise<string | undefined>;
  write(claim: Claim, spec: RouteSpec): Promise<void>;
  remove(claim: Claim): Promise<void>;
}

export async function openRouteFiles(folder: string): Promise<RouteFiles> {
  await mkdir(folder, { recursive: true }).catch(cannot('making the folder of routes'));
  const pathOf = (claim: Claim): string => join(folder, `${claimName(claim)}.json`);
  let writes = 0;
  return {
    async list() {
      const names = await readdir(folder).catch(cannot('listing routes'));
      return names.flatMap((name) => (name.endsWith('.json') ? (parseClaim(name.slice(0, -5)) ?? []) : []));
    },
    async find(claim) {
      return readFile(pathOf(claim), 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        return cannot(`reading the route ${claimName(claim)}`)(error);
      });
    },
    async write(claim, spec) {
      // Beside the file and then renamed: a reader, or we after a crash, see the old text or the new, never half.
      const beside = `${pathOf(claim)}.${process.pid}-${++writes}.new`;
      const doing = cannot(`writing the route ${claimName(claim)}`);
      await writeFile(beside, JSON.stringify(spec)).catch(doing);
      await rename(beside, pathOf(claim)).catch(doing);
    },
    async remove(claim) {
      await rm(pathOf(claim), { force: true }).catch(cannot(`removing the route ${claimName(claim)}`));
    },
  };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const cannot =
  (doing: string) =>
  (cause: unknown): never => {
    throw new WizardError(doing, {
      code: 'route/disk',
      remedy: 'fix-setup',
      hint: 'The data directory must be writable and have space left.',
      cause,
    });
  };
