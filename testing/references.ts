import { readFile } from 'node:fs/promises';
import { apiReference } from '../src/api/reference.ts';
import { createProgram } from '../src/cli/program.ts';
import { cliReference } from '../src/cli/reference.ts';
import { createApiWorld } from './api-world.ts';
import { testTerminal } from './test-terminal.ts';

/** docs/api.md and docs/cli.md as they should be: what people wrote, with the generated part renewed. */
export async function references(root: URL): Promise<Readonly<Record<string, string>>> {
  const program = createProgram('', testTerminal({ interactive: false }).terminal);
  const parts = [
    { path: 'docs/api.md', what: 'routes', text: apiReference(createApiWorld().app) },
    { path: 'docs/cli.md', what: 'commands', text: cliReference(program) },
  ];
  const files = parts.map(async ({ path, what, text }) => {
    const present = await readFile(new URL(path, root), 'utf8');
    const [start, end] = [`<!-- generated: ${what} -->`, `<!-- end of ${what} -->`];
    const [from, to] = [present.indexOf(start), present.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`making ${path}: no place marked ${start} … ${end}`);
    return [path, `${present.slice(0, from + start.length)}\n\n${text.trimEnd()}\n\n${present.slice(to)}`] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}
