import { existsSync, readFileSync } from 'node:fs';

/** A type of AWS's own description, as botocore ships it. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
  readonly member?: Member;
  readonly flattened?: boolean;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

export interface Member {
  readonly shape: string;
  readonly locationName?: string;
  readonly location?: string;
  readonly queryName?: string;
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string; readonly locationName?: string; readonly xmlNamespace?: { uri: string } };
  readonly output?: { readonly shape: string };
}

export interface ServiceModel {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly apiVersion: string;
  /** Every document of the service stands in this namespace. */
  readonly namespace: string;
  /** Throws when AWS's description has no such type. */
  shape(name: string): Shape;
}

interface ModelFile {
  readonly metadata: { readonly apiVersion: string };
  readonly operations: Record<string, Operation>;
  readonly shapes: Record<string, Shape>;
}

const debian = '/usr/lib/python3/dist-packages/botocore/data';
const files = {
  ec2: { path: `${debian}/ec2/2016-11-15/service-2.json`, namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/' },
  route53: {
    path: `${debian}/route53/2013-04-01/service-2.json`,
    namespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
  },
};

export type ServiceName = keyof typeof files;

/** Whether AWS's descriptions are on this machine: Debian's package python3-botocore brings them. */
export const modelsAreThere = Object.values(files).every(({ path }) => existsSync(path));

const read = new Map<ServiceName, ServiceModel>();

/** Reads AWS's description of a service, once. */
export function serviceModel(service: ServiceName): ServiceModel {
  const known = read.get(service);
  if (known) return known;
  const { path, namespace } = files[service];
  const { metadata, operations, shapes } = JSON.parse(readFileSync(path, 'utf8')) as ModelFile;
  const model: ServiceModel = {
    operations,
    apiVersion: metadata.apiVersion,
    namespace,
    shape(name) {
      const shape = shapes[name];
      if (shape === undefined) throw new Error(`${service}'s description has no type ${name}`);
      return shape;
    },
  };
  read.set(service, model);
  return model;
}
