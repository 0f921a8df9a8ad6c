import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type CommitEntry, commitFiles, makeBareRepository } from '../../src/kit/commit-files.ts';
import { settleInRealTime } from '../conformance/settle.ts';
import { type BedProcess, startBedProcess } from './bed-process.ts';

/** A bare repository of the bed. */
export interface BedRepository {
  /** On this machine. */
  readonly path: string;
  /** As the machines reach it. */
  readonly url: string;
  /** The commit that `main` began with. */
  readonly head: string;
  /** Puts files over those of a commit; answers the new one. `refs/heads/x` or `refs/pull/7/head`. */
  commit(ref: string, files: Readonly<Record<string, CommitEntry>>, parent?: string): Promise<string>;
}

export interface BedRepositories {
  readonly application: BedRepository;
  readonly ansible: BedRepository;
  close(): Promise<void>;
}

const port = 9418;

/** Makes the application's and Ansible's repositories and serves them, read-only, on this machine's side of the bed's network. */
export async function serveRepositories(folder: string, address: string): Promise<BedRepositories> {
  const base = join(folder, 'git');
  const make = async (name: string): Promise<BedRepository> => {
    const path = join(base, `${name}.git`);
    const url = `git://${address}:${port}/${name}.git`;
    await makeBareRepository(path);
    const files = await filesOf(join(import.meta.dirname, name), url);
    const commit = (ref: string, changes: Readonly<Record<string, CommitEntry>>, parent?: string): Promise<string> =>
      commitFiles(path, { ref, files: changes, ...(parent === undefined ? {} : { parent }) });
    return { path, url, head: await commit('refs/heads/main', files), commit };
  };
  const [application, ansible] = await Promise.all([make('application'), make('ansible')]);
  const daemon = await startDaemon(folder, base, address);
  return { application, ansible, close: () => daemon.stop() };
}

async function startDaemon(folder: string, base: string, address: string): Promise<BedProcess> {
  const options = ['--reuseaddr', '--export-all', `--base-path=${base}`, `--listen=${address}`, `--port=${port}`];
  const daemon = await startBedProcess(folder, 'git-daemon', ['git', 'daemon', ...options]);
  await settleInRealTime(10_000)(() => listens(address));
  return daemon;
}

const listens = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** All files under a folder; the one thing that a file must learn is where its repository is. */
async function filesOf(folder: string, url: string): Promise<Record<string, CommitEntry>> {
  const files: Record<string, CommitEntry> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = (await readFile(path, 'utf8')).replaceAll('@repository-url@', url);
    files[path.slice(folder.length + 1)] = text.startsWith('#!') ? { executable: text } : text;
  }
  return files;
}
