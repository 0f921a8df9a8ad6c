import { suggestion } from './nearest.ts';

/** What the places of an environment variable may name. */
export interface KnownPlaces {
  readonly endpoints: readonly string[];
  readonly hasData: boolean;
  /** Only a process has a port. */
  readonly hasPort: boolean;
  /** What may be told of services: `db.url`. */
  readonly services: readonly string[];
}

/** Mistakes in the places `${…}` of one text. */
export function placeMistakes(text: string, known: KnownPlaces): string[] {
  const names = [
    'revision',
    'number',
    'environment',
    ...(known.hasData ? ['data'] : []),
    ...(known.hasPort ? ['port'] : []),
    ...known.services,
    ...known.endpoints.map((endpoint) => `url.${endpoint}`),
  ];
  const found = [...text.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1] ?? '');
  const open = text.replaceAll(/\$\{[^}]*\}/g, '').includes('${');
  return [
    ...found.filter((name) => !names.includes(name)).map((name) => mistake(name, names, known)),
    ...(open ? [`a place \${ is not closed with }`] : []),
  ];
}

function mistake(name: string, names: readonly string[], known: KnownPlaces): string {
  if (name === 'data' && !known.hasData) return `\${data} needs a data source; set data`;
  if (name === 'port' && !known.hasPort) return `\${port} only goes in the env of a process`;
  return `unknown place ${JSON.stringify(`\${${name}}`)}${suggestion(name, names)}`;
}
