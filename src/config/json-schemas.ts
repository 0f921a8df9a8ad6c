import * as z from 'zod';
import { recipeSchema } from './recipe-schema.ts';
import { wizardSchema } from './wizard-schema.ts';

/** The part of a JSON Schema that the manual reads. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** JSON Schemas by file name, for editors: what may be written, before it is checked for meaning. */
export function jsonSchemas(): Readonly<Record<'wizard.schema.json' | 'recipe.schema.json', JsonSchema>> {
  return {
    'wizard.schema.json': jsonSchema(wizardSchema({ env: {}, directory: '.' }), 'wizard.yml of Shining Wizard'),
    'recipe.schema.json': jsonSchema(recipeSchema, '.wizard.yml of Shining Wizard'),
  };
}

function jsonSchema(schema: z.ZodType, title: string): JsonSchema {
  // Node types of zod's result are wider than what these schemas use.
  return { ...(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema), title };
}
