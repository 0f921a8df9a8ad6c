import { runGit } from '../../kit/run-git.ts';

const blockBytes = 4096;

/** How many bytes the files of a commit take on a disk, about. */
export async function sizeOfFiles(mirror: string, sha: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await runGit(['ls-tree', '-r', '-l', '-z', sha], {
    cwd: mirror,
    signal,
    timeLimitMs: 5 * 60_000,
    maxOutputBytes: 256 * 1024 * 1024,
    doing: 'measuring the files',
  });
  // MODE TYPE HASH SIZE\tPATH; the size of a submodule is "-".
  const sizes = stdout.split('\0').map((line) => Number(/^\S+ \S+ \S+ +(\d+)\t/.exec(line)?.[1] ?? 0));
  return sizes.reduce((sum, size) => sum + Math.ceil(size / blockBytes) * blockBytes, 0);
}
