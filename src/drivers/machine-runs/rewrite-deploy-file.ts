import { lstat, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import type { MachineTarget } from './machine-target.ts';

export interface DeployTold {
  readonly target: MachineTarget;
  readonly roles: readonly string[];
  readonly revision: string;
}

/**
 * Puts the machine and the commit into a Capistrano file of a copy of the checkout: its one `server` line and its `set :branch`
 * lines. Throws `capistrano/…`, `change-input`, where it has none, or names more servers: we would deploy to those too.
 */
export async function rewriteDeployFile(folder: string, file: string, told: DeployTold): Promise<void> {
  const path = await fileInside(folder, file);
  await writeFile(path, rewriteDeployText(await readFile(path, 'latin1'), file, told), 'latin1');
}

/** The text with those lines changed; all else stays byte for byte. */
export function rewriteDeployText(text: string, file: string, told: DeployTold): string {
  const lines = text.split(/(?<=\n)/);
  const named = statements(lines, /^\s*(?:server|role|roles)(?:\s+(?!=)|\()/);
  const server = named.find(({ from }) => /^\s*server/.test(lines[from] ?? ''));
  const another = named.find((one) => one !== server);
  const branches = statements(lines, /^\s*(?:set|ask)[\s(]\s*:branch\b/);
  if (!server) throw noLine(file, 'server "…"');
  if (another) throw moreServers(file, another.from + 1);
  if (branches.length === 0) throw noLine(file, 'set :branch, "…"');
  const changes = [
    { ...server, text: serverLine(told) },
    ...branches.map((branch) => ({ ...branch, text: `set :branch, "${told.revision}"` })),
  ].sort((a, b) => b.from - a.from);
  for (const { from, to, text: replacement } of changes) {
    const indent = /^\s*/.exec(lines[from] ?? '')?.[0] ?? '';
    const end = /\r?\n$/.exec(lines[to] ?? '')?.[0] ?? '';
    lines.splice(from, to - from + 1, `${indent}${replacement}${end}`);
  }
  return lines.join('');
}

interface Lines {
  readonly from: number;
  readonly to: number;
}

/** Where statements that begin like this stand; each goes on while its line ends with a comma or backslash or a bracket is open. */
function statements(lines: readonly string[], begins: RegExp): Lines[] {
  const found: Lines[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^__END__\r?\n?$/.test(line)) break;
    if (!begins.test(line)) continue;
    let open = 0;
    let to = at;
    for (; to < lines.length; to += 1) {
      const code = withoutTexts(lines[to] ?? '');
      open += code.split(/[([{]/).length - code.split(/[)\]}]/).length;
      const blank = code.trim() === '' && to > at;
      if (open <= 0 && !/[,\\]$/.test(code.trim()) && !blank) break;
    }
    found.push({ from: at, to: Math.min(to, lines.length - 1) });
    at = to;
  }
  return found;
}

/** A line of Ruby without what is in quotes, and without its comment. */
const withoutTexts = (line: string): string =>
  line
    .trimEnd()
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, 'text')
    .replace(/(?:^|\s)#.*$/, '')
    .trimEnd();

function serverLine({ target, roles }: DeployTold): string {
  const { host, port, user, key, knownHosts } = target;
  const options = [
    `keys: ['${key}']`,
    'keys_only: true',
    "auth_methods: ['publickey']",
    'non_interactive: true',
    'verify_host_key: :always',
    `user_known_hosts_file: '${knownHosts}'`,
    "global_known_hosts_file: '/dev/null'",
  ];
  const asked = [`user: "${user}"`, `roles: %w{${roles.join(' ')}}`, `port: ${port}`];
  return `server "${host}", ${asked.join(', ')}, ssh_options: { ${options.join(', ')} }`;
}

/** The file, if it is one and no link leads out of the folder. */
async function fileInside(folder: string, file: string): Promise<string> {
  try {
    const [root, path] = [await realpath(folder), await realpath(join(folder, file))];
    if (path.startsWith(root + sep) && (await lstat(path)).isFile()) return path;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (typeof code !== 'string' || !['ENOENT', 'ENOTDIR', 'ELOOP', 'ERR_INVALID_ARG_VALUE'].includes(code))
      throw error;
  }
  throw new WizardError(`rewriting ${file}: the commit has no such file`, {
    code: 'capistrano/no-file',
    remedy: 'change-input',
    hint: 'Name the file with the "server" and "branch" lines in the recipe, under "rewrite".',
  });
}

const noLine = (file: string, what: string): WizardError =>
  new WizardError(`rewriting ${file}: it has no line ${what}`, {
    code: 'capistrano/no-line',
    remedy: 'change-input',
    hint: 'Add the line, name another file in the recipe, or let the stage read WIZARD_SERVER and BRANCH from its environment.',
  });

const moreServers = (file: string, line: number): WizardError =>
  new WizardError(`rewriting ${file}: line ${line} names another server, which would be deployed to as well`, {
    code: 'capistrano/more-servers',
    remedy: 'change-input',
    hint: 'Keep a stage for environments of pull requests that has one "server" line and no "role".',
  });
