import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import type { DataBaker, GoldenCopyView } from '../../ports/data-bakes.ts';
import type { GoldenCopies, GoldenWanted } from './golden-copies.ts';
import { completeGoldens, findGolden } from './golden-folder.ts';

export interface FileBakerAbout {
  readonly dataDir: string;
  /** What clones were made from. */
  readonly inUse: () => Promise<readonly GoldenWanted[]>;
}

/** Files that somebody writes to may change while they are copied. */
const mostTries = 3;

/** Golden copies of files, made when a schedule or a person says so. */
export function fileBaker(goldens: GoldenCopies, { dataDir, inUse }: FileBakerAbout): DataBaker {
  return {
    async bake(order, { signal, doing }) {
      for (let nth = 1; ; nth += 1) {
        try {
          return await goldens.bake(order, { signal, say: doing });
        } catch (error) {
          if (codeOf(error) !== 'data/version-gone') throw error;
          if (nth === mostTries) throw keepsChanging(order.source, error);
          doing('they changed meanwhile: beginning anew');
        }
      }
    },
    sweep: (source) => goldens.sweep(source),
    async keepOnly(source, versions) {
      const used = new Set((await inUse()).flatMap((one) => (one.source === source ? [one.version] : [])));
      await goldens.keepOnly(source, (version) => versions.has(version) || used.has(version));
    },
    isThere: async (source, version) => (await findGolden(dataDir, source, version)) !== undefined,
  };
}

/** The whole copies of a source, the newest first, and how many environments have files of each. */
export async function copiesOf(
  dataDir: string,
  source: string,
  inUse: FileBakerAbout['inUse'],
): Promise<readonly GoldenCopyView[]> {
  const used = (await inUse()).filter((one) => one.source === source);
  return (await completeGoldens(dataDir, source)).map(({ version, madeAt, bytes }) => ({
    ...{ version, bytes, engine: 'files', serverVersion: '', madeAt: Date.parse(madeAt), masked: false },
    clones: used.filter((one) => one.version === version).length,
  }));
}

const keepsChanging = (name: string, cause: unknown): WizardError =>
  new WizardError(`copying the files of ${name}: they changed each of ${mostTries} times`, {
    code: 'data/keeps-changing',
    remedy: 'fix-setup',
    hint: 'Name a copy of them that nobody writes to, such as one that a nightly rsync makes, or choose a quiet hour.',
    cause,
  });
