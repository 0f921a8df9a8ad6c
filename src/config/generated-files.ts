import { readFile } from 'node:fs/promises';
import { jsonSchemas } from './json-schemas.ts';
import { settingsTables } from './settings-table.ts';

/** In the order of the union in recipe-schema.ts. */
const recipeTitles = ['A recipe of processes', 'A recipe of a machine'];

const manual = 'docs/configuration.md';

/** The files that are made from the schema, by path from `root`, as they should be. */
export async function generatedFiles(root: URL): Promise<Readonly<Record<string, string>>> {
  const schemas = jsonSchemas();
  const text = await readFile(new URL(manual, root), 'utf8');
  const wizard = schemas['wizard.schema.json'];
  const recipe = schemas['recipe.schema.json'];
  return {
    ...Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [`schema/${name}`, `${JSON.stringify(schema, null, 2)}\n`]),
    ),
    [manual]: between(
      between(text, 'settings of wizard.yml', settingsTables('Top level', withoutRecipe(wizard))),
      'settings of a recipe',
      (recipe.anyOf ?? []).map((kind, index) => settingsTables(recipeTitles[index] ?? '', kind)).join('\n'),
    ),
  };
}

/** The recipe has tables of its own. */
function withoutRecipe(schema: ReturnType<typeof jsonSchemas>['wizard.schema.json']): typeof schema {
  const repositories = schema.properties?.['repositories'];
  const entry = repositories?.items;
  const recipe = entry?.properties?.['recipe'];
  if (!schema.properties || !repositories || !entry?.properties || !recipe) return schema;
  const short = { title: 'recipe', ...(recipe.description === undefined ? {} : { description: recipe.description }) };
  const properties = { ...entry.properties, recipe: short };
  return {
    ...schema,
    properties: { ...schema.properties, repositories: { ...repositories, items: { ...entry, properties } } },
  };
}

function between(text: string, what: string, tables: string): string {
  const start = `<!-- generated: ${what} -->`;
  const end = `<!-- end of ${what} -->`;
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`making ${manual}: no place marked ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${tables.trimEnd()}\n\n${text.slice(to)}`;
}
