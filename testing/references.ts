import { readFile } from 'node:fs/promises';
import { apiReference } from '../src/api/reference.ts';
import { paintWith } from '../src/cli/paint.ts';
import { createProgram } from '../src/cli/program.ts';
import { cliReference } from '../src/cli/reference.ts';
import { createApiWorld } from './api-world.ts';

/** docs/api.md and docs/cli.md as they should be: what people wrote, with the generated part renewed. */
export async function references(root: URL): Promise<Readonly<Record<string, string>>> {
  const program = createProgram('', {
    out: () => undefined,
    err: () => undefined,
    interactive: false,
    columns: 80,
    paint: paintWith(false),
    paintErr: paintWith(false),
    env: {},
    signal: new AbortController().signal,
    ask: async () => '',
    now: () => 0,
    after: () => () => undefined,
  });
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
