import { CloudError } from './cloud-error.ts';
import { readScalar } from './read-scalar.ts';
import type { Member, ServiceModel, Shape } from './service-model.ts';

interface Branch {
  [key: string]: string | Branch;
}

/** EC2's form (`Filter.1.Name=…`) as the values that the operation's input type describes. Anything it does not describe is refused. */
export function readQuery(model: ServiceModel, operation: string, form: URLSearchParams): unknown {
  const input = model.operations[operation]?.input;
  const shape: Shape = input ? model.shape(input.shape) : { type: 'structure', members: {} };
  return readBranch(model, shape, grow(form), '');
}

function grow(form: URLSearchParams): Branch {
  const root: Branch = Object.create(null) as Branch;
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    const steps = key.split('.');
    const last = steps.pop() ?? '';
    let branch = root;
    for (const step of steps) {
      const next = branch[step] ?? (Object.create(null) as Branch);
      branch[step] = next;
      if (typeof next === 'string') throw new CloudError('InvalidParameterCombination', `${key} stands beside a value`);
      branch = next;
    }
    if (branch[last] !== undefined) throw new CloudError('InvalidParameterCombination', `${key} was given twice`);
    branch[last] = value;
  }
  return root;
}

function readBranch(model: ServiceModel, shape: Shape, branch: string | Branch, path: string): unknown {
  if (shape.type === 'structure') return readStructure(model, shape, branch, path);
  if (shape.type === 'list') return readList(model, shape, branch, path);
  if (typeof branch !== 'string') throw unknownParameter(`${path}.${Object.keys(branch)[0] ?? ''}`);
  return readScalar(shape, branch, path, 'InvalidParameterValue');
}

/** `queryName`, else the wire's name with a capital, else the member's: the rule of EC2's protocol. */
function keyOf(name: string, { queryName, locationName }: Member): string {
  if (queryName !== undefined) return queryName;
  return locationName === undefined ? name : locationName.slice(0, 1).toUpperCase() + locationName.slice(1);
}

function readStructure(model: ServiceModel, shape: Shape, branch: string | Branch, path: string): unknown {
  if (typeof branch === 'string') throw unknownParameter(path);
  const value: Record<string, unknown> = {};
  const left = new Set(Object.keys(branch));
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const key = keyOf(name, member);
    const inner = branch[key];
    if (inner === undefined) continue;
    left.delete(key);
    value[name] = readBranch(model, model.shape(member.shape), inner, join(path, key));
  }
  for (const key of left) throw unknownParameter(join(path, key));
  for (const name of shape.required ?? []) {
    if (value[name] === undefined) {
      throw new CloudError('MissingParameter', `The request must contain the parameter ${join(path, name)}`);
    }
  }
  return value;
}

function readList(model: ServiceModel, shape: Shape, branch: string | Branch, path: string): unknown[] {
  if (typeof branch === 'string') throw unknownParameter(path);
  const keys = Object.keys(branch);
  const wrong = keys.find((key) => !/^[1-9]\d{0,5}$/.test(key) || Number(key) > keys.length);
  if (wrong !== undefined) {
    throw new CloudError('InvalidParameterValue', `${path}.${wrong}: a list is counted 1, 2, 3 … without a gap`);
  }
  refuseWrongLength(shape, keys.length, path);
  return keys
    .toSorted((a, b) => Number(a) - Number(b))
    .map((key) => readBranch(model, model.shape(shape.member?.shape ?? ''), branch[key] ?? '', `${path}.${key}`));
}

function refuseWrongLength({ min = 0, max = Infinity }: Shape, length: number, path: string): void {
  if (length >= min && length <= max) return;
  throw new CloudError('InvalidParameterValue', `${path} has ${length} items; from ${min} to ${max} are allowed`);
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const unknownParameter = (path: string): CloudError =>
  new CloudError('UnknownParameter', `The parameter ${path} is not recognized`);
