import { CloudError } from './cloud-error.ts';
import { readScalar } from './read-scalar.ts';
import { type Element, readXml } from './read-xml.ts';
import type { Member, Operation, ServiceModel, Shape } from './service-model.ts';

export interface RestRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly body: string;
}

interface Hit {
  readonly operation: Operation;
  readonly places: Readonly<Record<string, string>>;
}

/** Which operation of a REST-XML service a request means; undefined when none. */
export function matchRest(model: ServiceModel, { method, url }: RestRequest): Hit | undefined {
  const path = (url.split('?')[0] ?? '').replace(/(?<=.)\/$/, '');
  for (const operation of Object.values(model.operations)) {
    if (operation.http.method !== method) continue;
    const names: string[] = [];
    const template = operation.http.requestUri.replace(/\/$/, '').replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
      names.push(name);
      return '([^/]+)';
    });
    const match = new RegExp(`^${template}$`).exec(path);
    if (match === null) continue;
    const places = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]));
    return { operation, places };
  }
  return undefined;
}

/** Path, query and XML body as the values that the operation's input type describes. Anything it does not describe is refused. */
export function readRest(model: ServiceModel, { operation, places }: Hit, request: RestRequest): unknown {
  if (operation.input === undefined) return {};
  const shape = model.shape(operation.input.shape);
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const value: Record<string, unknown> = {};
  const inBody: Record<string, Member> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const wire = member.locationName ?? name;
    if (member.location === undefined) inBody[name] = member;
    const text = member.location === 'uri' ? places[wire] : member.location === 'querystring' ? query.get(wire) : null;
    if (member.location === 'querystring') query.delete(wire);
    if (text !== null && text !== undefined)
      value[name] = readScalar(model.shape(member.shape), text, name, 'InvalidInput');
  }
  for (const key of query.keys()) throw new CloudError('InvalidInput', `The query has the unknown word ${key}`);
  if (Object.keys(inBody).length > 0) Object.assign(value, readBody(model, operation, inBody, request.body));
  refuseMissing(shape, value, '');
  return value;
}

/** Either one element around all members (`input.locationName`), or the single member that is the whole document. */
function readBody(model: ServiceModel, operation: Operation, members: Record<string, Member>, body: string): object {
  const root = readXml(body);
  const { locationName, xmlNamespace } = operation.input ?? {};
  if (root.name !== locationName) throw new CloudError('MalformedInput', `The root must be ${locationName}`);
  if (root.attributes['xmlns'] !== xmlNamespace?.uri) {
    throw new CloudError(
      'MalformedInput',
      `The namespace must be ${xmlNamespace?.uri}, not ${root.attributes['xmlns']}`,
    );
  }
  return readElement(model, { type: 'structure', members }, root, '') as object;
}

function readElement(model: ServiceModel, shape: Shape, element: Element, path: string): unknown {
  if (shape.type !== 'structure' && shape.type !== 'list') {
    if (element.children.length > 0) throw new CloudError('MalformedInput', `${path} must be text`);
    return readScalar(shape, element.text, path, 'InvalidInput');
  }
  if (element.text.trim() !== '') throw new CloudError('MalformedInput', `${path} has text where elements belong`);
  return shape.type === 'list' ? readList(model, shape, element, path) : readStructure(model, shape, element, path);
}

function readStructure(model: ServiceModel, shape: Shape, element: Element, path: string): unknown {
  const value: Record<string, unknown> = {};
  const known = new Map(
    Object.entries(shape.members ?? {}).map(([name, member]) => [member.locationName ?? name, { name, member }]),
  );
  for (const child of element.children) {
    const hit = known.get(child.name);
    if (hit === undefined) throw new CloudError('MalformedInput', `Unexpected element ${path}/${child.name}`);
    if (value[hit.name] !== undefined) throw new CloudError('MalformedInput', `${path}/${child.name} stands twice`);
    value[hit.name] = readElement(model, model.shape(hit.member.shape), child, `${path}/${child.name}`);
  }
  refuseMissing(shape, value, path);
  return value;
}

function readList(model: ServiceModel, shape: Shape, element: Element, path: string): unknown[] {
  const { min = 0, max = Infinity } = shape;
  const length = element.children.length;
  if (length < min || length > max) {
    throw new CloudError('InvalidInput', `${path} has ${length} items; from ${min} to ${max} are allowed`);
  }
  const name = shape.member?.locationName ?? 'member';
  return element.children.map((child) => {
    if (child.name !== name) throw new CloudError('MalformedInput', `${path} has ${child.name} where ${name} belongs`);
    return readElement(model, model.shape(shape.member?.shape ?? ''), child, `${path}/${name}`);
  });
}

function refuseMissing(shape: Shape, value: Record<string, unknown>, path: string): void {
  for (const name of shape.required ?? []) {
    if (value[name] === undefined)
      throw new CloudError('InvalidInput', `Missing ${path === '' ? name : `${path}/${name}`}`);
  }
}
