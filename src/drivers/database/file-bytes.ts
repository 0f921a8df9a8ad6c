import { runCommand } from '../../kit/run-command.ts';

/** Length of all files in a folder, holes and what is shared or compressed included: what a copy of them takes at most, but for the ends of blocks. */
export async function fileBytes(folder: string, signal?: AbortSignal): Promise<number> {
  const argv = ['du', '-s', '-B1', '--apparent-size', '--', folder];
  const about = { timeLimitMs: 120_000, ...(signal === undefined ? {} : { signal }) };
  // A server that runs deletes files of its own.
  const { stdout } = await runCommand(argv, { ...about, allow: () => true });
  return Number.parseInt(stdout, 10) || 0;
}
