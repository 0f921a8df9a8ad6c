import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Every object of the engine that a bed makes carries this label with the run's id. */
export const label = 'machine-bed';

/** Where a bed keeps its sockets, logs, repositories and the record of who holds it. */
export const folderOf = (runId: string): string => join(tmpdir(), `${label}-${runId}`);
export const folderPattern = /^machine-bed-([a-z0-9]{1,10})$/;

/** Containers, volumes, network and namespaces of a run begin so. */
export const nameOf = (runId: string, what: string): string => `bed-${runId}-${what}`;

/** On the guard rule of a run. */
export const commentOf = (runId: string): string => `${label}:${runId}`;

/** What closing the network takes back to, and who lives where in it. */
export interface BedAddresses {
  /** `10.213.7`: the rest is one number. */
  readonly prefix: string;
  readonly subnet: string;
  /** This machine's side of the network. */
  readonly host: string;
  /** Docker's mirror of the official images, with port. */
  readonly mirror: string;
  /** A registry to push to, empty at first, with port. */
  readonly registry: string;
  readonly staging: string;
  /** For instances, as a cloud gives them out. */
  readonly privateIps: readonly string[];
  readonly publicIps: readonly string[];
}

export function addressesOf(third: number): BedAddresses {
  const prefix = `10.213.${third}`;
  const range = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `${prefix}.${from + index}`);
  return {
    prefix,
    subnet: `${prefix}.0/24`,
    host: `${prefix}.1`,
    mirror: `${prefix}.5:5000`,
    registry: `${prefix}.6:5000`,
    staging: `${prefix}.20`,
    privateIps: range(32, 127),
    publicIps: range(160, 254),
  };
}

/** Gives the addresses for instances in turn; the first again when all were given once. */
export function addressPool({ privateIps, publicIps }: BedAddresses): (kind: 'private' | 'public') => string {
  const given = { private: 0, public: 0 };
  return (kind) => {
    const addresses = kind === 'private' ? privateIps : publicIps;
    const address = addresses[given[kind] % addresses.length] ?? '';
    given[kind] += 1;
    return address;
  };
}
