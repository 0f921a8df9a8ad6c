import { slug } from '../domain/names.ts';
import { suggestion } from './nearest.ts';
import { valueAt } from './schema-problems.ts';
import type { Path, Problem } from './source.ts';

/**
 * Mistakes between parts of `wizard.yml`. Works on the plain value, as far as it goes, so that they are reported together with
 * those within the parts.
 */
export function crossMistakes(root: unknown): Problem[] {
  const repositories = listAt(root, ['repositories']).map((value, index) => ({
    path: ['repositories', index] as const,
    name: textAt(value, ['name']),
    slug: textAt(value, ['slug']),
    codeHost: textAt(value, ['code-host']),
    value,
  }));
  return [
    ...repositories.flatMap((repository) => codeHostMistakes(repository, keysAt(root, ['code-hosts']))),
    ...doubles(repositories),
    ...repositories.flatMap((repository) => grantMistakes(root, repository)),
    ...addressMistakes(root, repositories.length),
  ];
}

interface Written {
  readonly path: Path;
  readonly name: string | undefined;
  readonly slug: string | undefined;
  readonly codeHost: string | undefined;
  readonly value: unknown;
}

function codeHostMistakes({ path, codeHost }: Written, known: readonly string[]): Problem[] {
  if (codeHost !== undefined && !known.includes(codeHost)) {
    return [{ path: [...path, 'code-host'], message: `unknown code host "${codeHost}"${suggestion(codeHost, known)}` }];
  }
  if (codeHost !== undefined || known.length < 2) return [];
  return [{ path: [...path, 'code-host'], message: `missing; there are several code hosts: ${known.join(', ')}` }];
}

function doubles(repositories: readonly Written[]): Problem[] {
  return repositories.flatMap((repository, index): Problem[] => {
    if (repository.name === undefined) return [];
    const { name } = repository;
    const before = repositories.slice(0, index);
    const same = before.findIndex((other) => isSame(other, repository));
    if (same >= 0)
      return [{ path: [...repository.path, 'name'], message: `"${name}" is already repositories[${same}]` }];
    const alike = before.find((other) => other.name !== undefined && shownAs(other) === shownAs(repository));
    if (!alike) return [];
    const message = `"${alike.name}" is called "${shownAs(repository)}" in host names too; give one of them a slug of its own, such as slug: ${slug(name)}`;
    return [{ path: [...repository.path, repository.slug === undefined ? 'name' : 'slug'], message }];
  });
}

/** Code hosts do not tell capitals apart, and elsewhere a repository is known by its name alone. */
const isSame = (a: Written, b: Written): boolean => a.name?.toLowerCase() === b.name?.toLowerCase();

const shownAs = ({ name = '', slug: chosen }: Written): string => slug(chosen ?? name.slice(name.lastIndexOf('/') + 1));

function grantMistakes(root: unknown, { path, value }: Written): Problem[] {
  return (['secrets', 'data', 'machines'] as const).flatMap((kind) => {
    const known = keysAt(root, [kind === 'data' ? 'data-sources' : kind]);
    return listAt(value, ['allow', kind]).flatMap((name, index): Problem[] => {
      if (typeof name !== 'string' || known.includes(name)) return [];
      const what = { data: 'data source', secrets: 'secret', machines: 'machine' }[kind];
      return [
        { path: [...path, 'allow', kind, index], message: `unknown ${what} "${name}"${suggestion(name, known)}` },
      ];
    });
  });
}

function addressMistakes(root: unknown, repositories: number): Problem[] {
  const problems: Problem[] = [];
  const template = textAt(root, ['host-name']);
  if (template !== undefined && repositories > 1 && !template.includes('{repository}')) {
    const message = '{repository} is missing: there are several repositories, whose hosts would be the same';
    problems.push({ path: ['host-name'], message });
  }
  const domain = textAt(root, ['domain']) ?? 'localhost';
  const publicHost = /^https?:\/\/\*\.([a-z0-9.-]+)(?::[0-9]+)?$/.exec(textAt(root, ['public-url']) ?? '')?.[1];
  if (publicHost !== undefined && publicHost !== domain) {
    problems.push({ path: ['public-url'], message: `expected the domain "${domain}" after "*.", got "${publicHost}"` });
  }
  const zone = textAt(root, ['dns', 'zone']);
  if (zone !== undefined && domain !== zone && !domain.endsWith(`.${zone}`)) {
    problems.push({ path: ['dns', 'zone'], message: `the domain "${domain}" is not in the zone "${zone}"` });
  }
  const api = textAt(root, ['listen', 'api']);
  if (api !== undefined && api === textAt(root, ['listen', 'gateway']) && !api.endsWith(':0')) {
    problems.push({ path: ['listen', 'gateway'], message: `${api} is the address of the API already` });
  }
  return problems;
}

function listAt(root: unknown, path: Path): readonly unknown[] {
  const value = valueAt(root, path);
  return Array.isArray(value) ? value : [];
}

function textAt(root: unknown, path: Path): string | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' ? value : undefined;
}

function keysAt(root: unknown, path: Path): string[] {
  const value = valueAt(root, path);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
}
