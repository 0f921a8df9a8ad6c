import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const hasShell = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** Asks fish or zsh, with `script` loaded, what becomes of a line; `wizard list` answers two environments there. */
export async function shellThatCompletes(folder: string, shell: 'fish' | 'zsh', script: string) {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'wizard'), "#!/bin/sh\nprintf 'shop-7\\nblog-12\\n'\n");
  await chmod(join(bin, 'wizard'), 0o755);
  const file = join(folder, `completion.${shell}`);
  await writeFile(file, script);
  const run = (args: readonly string[]): string => {
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, HOME: folder, TERM: 'dumb' };
    const { stdout, stderr } = spawnSync(shell, args, { cwd: folder, env, encoding: 'utf8', timeout: 20_000 });
    if (stderr.trim() !== '') throw new Error(`${shell}: ${stderr}`);
    return stdout;
  };
  /** fish: what it offers, a word a line. zsh: the line after the tabulator key. */
  return (line: string): string => {
    if (shell === 'zsh') return /<<(.*?)>>/.exec(run(['-f', '-c', zshKeys, 'zsh', file, line]))?.[1]?.trim() ?? '';
    const offered = run(['-N', '-c', `source ${file}; complete -C '${line}'`]);
    return offered.replace(/\t.*$/gm, '').trim();
  };
}

/** What is typed may be echoed: its own text must not look like an answer. Types the line into a zsh on a terminal of its own, presses the key, and says what stands there then. */
const zshKeys = `
zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed 'PROMPT=; stty -echo; autoload -Uz compinit; compinit -u -D; source '$1'; bindkey "^I" complete-word'
zpty -w typed 'report() { print -r -- "<""<$BUFFER>"">"; BUFFER=""; }; zle -N report; bindkey "^X" report; print RE''ADY'
while zpty -r typed line; do [[ $line == *READY* ]] && break; done
zpty -w -n typed "$2"$'\\t\\C-x'
zpty -r typed line '*>>*'
print -r -- "$line"
zpty -d typed
`;
