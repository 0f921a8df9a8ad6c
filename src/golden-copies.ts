import { goldenManifestOf, goldenVersions } from './kit/golden/golden-manifest.ts';
import type { GoldenCopyView } from './ports/data-bakes.ts';

interface Use {
  readonly source: string;
  readonly version: string;
}

/** The whole golden copies of a source, the newest first, and how many databases each is in use by; spares count. */
export async function goldenCopies(
  root: string,
  source: string,
  uses: () => Promise<readonly Use[]>,
): Promise<readonly GoldenCopyView[]> {
  const versions = await goldenVersions(root, source);
  if (versions.length === 0) return [];
  const used = (await uses()).filter((use) => use.source === source);
  const copies = versions.map(async (version): Promise<GoldenCopyView[]> => {
    const manifest = await goldenManifestOf(root, source, version);
    if (!manifest) return [];
    const { engine, serverVersion, madeAt, bytes, masked } = manifest;
    const clones = used.filter((use) => use.version === version).length;
    return [{ version, engine, serverVersion, madeAt, bytes, masked, clones }];
  });
  return (await Promise.all(copies)).flat();
}
