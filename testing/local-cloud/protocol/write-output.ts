import { escapeXml } from './read-xml.ts';
import type { ServiceModel, Shape } from './service-model.ts';

export interface WrittenOutput {
  /** What stands inside the answer's root element. */
  readonly xml: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes an answer by the operation's output type. Throws a plain error, a defect of ours, for anything that the type does not have. */
export function writeOutput(model: ServiceModel, operation: string, value: object): WrittenOutput {
  const output = model.operations[operation]?.output;
  if (output === undefined) {
    if (Object.keys(value).length > 0) throw new Error(`${operation} has no answer, but one was given`);
    return { xml: '', headers: {} };
  }
  const shape = model.shape(output.shape);
  const headers: Record<string, string> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const given = (value as Record<string, unknown>)[name];
    if (member.location === 'header' && given !== undefined) headers[member.locationName ?? name] = String(given);
  }
  return { xml: writeShape(model, shape, value, operation), headers };
}

function writeShape(model: ServiceModel, shape: Shape, value: unknown, path: string): string {
  if (shape.type === 'structure') return writeStructure(model, shape, value, path);
  if (shape.type === 'list') return writeList(model, shape, value, path);
  return escapeXml(writeScalar(shape, value, path));
}

function writeStructure(model: ServiceModel, shape: Shape, value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null) throw new Error(`${path} must be an object`);
  const given = value as Record<string, unknown>;
  const members = shape.members ?? {};
  for (const name of Object.keys(given)) {
    if (members[name] === undefined) throw new Error(`${path}.${name} is not in AWS's description`);
  }
  for (const name of shape.required ?? []) {
    if (given[name] === undefined) throw new Error(`${path}.${name} is required by AWS's description`);
  }
  return Object.entries(members)
    .filter(([name, member]) => given[name] !== undefined && member.location === undefined)
    .map(([name, member]) => {
      const tag = member.locationName ?? name;
      return `<${tag}>${writeShape(model, model.shape(member.shape), given[name], `${path}.${name}`)}</${tag}>`;
    })
    .join('');
}

function writeList(model: ServiceModel, shape: Shape, value: unknown, path: string): string {
  if (!Array.isArray(value)) throw new Error(`${path} must be a list`);
  if (shape.flattened === true || shape.member === undefined)
    throw new Error(`${path}: this form of list is not known`);
  const tag = shape.member.locationName ?? 'member';
  const inner = model.shape(shape.member.shape);
  return value.map((item, index) => `<${tag}>${writeShape(model, inner, item, `${path}[${index}]`)}</${tag}>`).join('');
}

const kinds: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'number',
  long: 'number',
  double: 'number',
  float: 'number',
};

function writeScalar(shape: Shape, value: unknown, path: string): string {
  if (shape.type === 'timestamp' && value instanceof Date) return value.toISOString();
  if (typeof value !== kinds[shape.type]) throw new Error(`${path} must be a ${shape.type}, not ${typeof value}`);
  if (shape.enum && !shape.enum.includes(String(value))) throw new Error(`${path} cannot be ${String(value)}`);
  const size = typeof value === 'string' ? value.length : Number(value);
  if (typeof value !== 'boolean' && (size < (shape.min ?? -Infinity) || size > (shape.max ?? Infinity))) {
    throw new Error(`${path} is outside of what AWS's description allows`);
  }
  return String(value);
}
