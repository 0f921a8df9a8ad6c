import { mkdir } from 'node:fs/promises';
import { WizardError } from '../domain/wizard-error.ts';
import { runGit } from './run-git.ts';

const timeLimitMs = 60_000;

/** Text, bytes or something special at a path of a commit. */
export type CommitEntry =
  | string
  | Uint8Array
  | { readonly executable: string }
  | { readonly symlink: string }
  | { readonly submodule: string };

export interface CommitOptions {
  /** Full name: `refs/heads/main`. It is moved to the new commit, whatever it was. */
  readonly ref: string;
  /** Missing: the commit has no parent. Its files stay, those named in `files` are put over them. */
  readonly parent?: string;
  readonly message?: string;
  readonly files: Readonly<Record<string, CommitEntry>>;
}

/** Makes an empty bare repository; one that is there stays as it is. */
export async function makeBareRepository(gitDir: string): Promise<void> {
  await mkdir(gitDir, { recursive: true });
  await runGit(['init', '--bare', '--quiet', '--', gitDir], { timeLimitMs });
}

/** Writes a commit straight into a bare repository and answers its hash: how the demo and the tests push. */
export async function commitFiles(gitDir: string, options: CommitOptions): Promise<string> {
  const input = Buffer.concat([...header(options), ...Object.entries(options.files).flatMap(fileCommands)]);
  await runGit(['fast-import', '--quiet', '--force'], { cwd: gitDir, input, timeLimitMs });
  const { stdout } = await runGit(['rev-parse', '--verify', '--end-of-options', options.ref], {
    cwd: gitDir,
    timeLimitMs,
  });
  return stdout.trim();
}

function header({ ref, parent, message = 'A change' }: CommitOptions): Buffer[] {
  const at = `${Math.floor(Date.now() / 1000)} +0000`;
  return [
    Buffer.from(`reset ${ref}\ncommit ${ref}\ncommitter Demo <demo@localhost> ${at}\n`),
    data(message),
    Buffer.from(parent === undefined ? '' : `from ${parent}\n`),
  ];
}

function fileCommands([path, entry]: [string, CommitEntry]): Buffer[] {
  if (path.includes('\n') || path.includes('"')) {
    throw new WizardError(`making a commit: ${JSON.stringify(path)} cannot be a path`, {
      code: 'git/bad-path',
      remedy: 'report-bug',
    });
  }
  if (typeof entry === 'string' || entry instanceof Uint8Array) return inline('100644', path, entry);
  if ('executable' in entry) return inline('100755', path, entry.executable);
  if ('symlink' in entry) return inline('120000', path, entry.symlink);
  return [Buffer.from(`M 160000 ${entry.submodule} ${path}\n`)];
}

const inline = (mode: string, path: string, content: string | Uint8Array): Buffer[] => [
  Buffer.from(`M ${mode} inline ${path}\n`),
  data(content),
];

function data(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}
