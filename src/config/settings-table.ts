import type { JsonSchema } from './json-schemas.ts';

/**
 * Markdown tables of a group of settings and of the groups in it: `### title`, then a row for each setting. A group that is the
 * same as one that was shown is left out.
 */
export function settingsTables(title: string, schema: JsonSchema): string {
  const seen = new Set<string>();
  return tables(title, schema, '')
    .filter(({ rows }) => {
      const known = seen.has(rows.join('\n'));
      seen.add(rows.join('\n'));
      return !known;
    })
    .map((table) => [`### ${table.title}`, '', ...head, ...table.rows, ''].join('\n'))
    .join('\n');
}

const head = ['| setting | kind | default | meaning |', '|---|---|---|---|'];

interface Table {
  readonly title: string;
  readonly rows: readonly string[];
}

function tables(title: string, schema: JsonSchema, under: string): Table[] {
  const rows: string[] = [];
  const below: Table[] = [];
  for (const [key, setting] of Object.entries(schema.properties ?? {})) {
    const path = under === '' ? key : `${under}.${key}`;
    const needed = schema.required?.includes(key) ?? false;
    rows.push(
      `| \`${key}\` | ${cell(kindOf(setting))} | ${defaultOf(setting, needed)} | ${cell(setting.description ?? '')} |`,
    );
    below.push(...groupsIn(setting, path));
  }
  return [{ title, rows }, ...below];
}

/** Groups of settings that a setting is, or may hold. */
function groupsIn(setting: JsonSchema, path: string): Table[] {
  // Environment variables are explained by their kind.
  if (/\benv$/.test(path)) return [];
  if (setting.properties) return tables(`\`${path}\``, setting, path);
  if (setting.items) return groupsIn(setting.items, `${path}[]`);
  if (typeof setting.additionalProperties === 'object') return groupsIn(setting.additionalProperties, `${path}.NAME`);
  return (setting.anyOf ?? setting.oneOf ?? []).flatMap((branch) => {
    const kind = branch.properties?.['kind']?.const;
    if (kind === undefined || !branch.properties) return groupsIn(branch, path);
    return tables(`\`${path}\` of kind \`${String(kind)}\``, branch, path);
  });
}

function kindOf(setting: JsonSchema): string {
  if (setting.title) return setting.title;
  if (setting.const !== undefined) return `\`${String(setting.const)}\``;
  if (setting.enum) return setting.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (setting.properties) return 'settings';
  return 'name';
}

function defaultOf(setting: JsonSchema, needed: boolean): string {
  if (needed) return '**needed**';
  if (setting.default === undefined || setting.properties) return '';
  const text = typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default);
  return text === '{}' || text === '[]' ? 'none' : `\`${cell(text)}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
