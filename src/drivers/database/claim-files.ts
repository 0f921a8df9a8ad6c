import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { claimFolders } from '../../kit/claim-folders.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { writeWhole } from '../../kit/supervised-run/run-files.ts';

/** Where an instance is: what a claim has, and what a spare is known by. */
export interface InstancePlace {
  readonly id: string;
  readonly folder: string;
}

/** What a claim is once it was handed over. */
export interface Ready {
  readonly spec: JsonObject;
  readonly facts: JsonObject;
}

const jsonObject = z.record(z.string(), z.json());
const placeShape = z.object({ id: z.string(), folder: z.string() });
const readyShape = z.object({ spec: jsonObject, facts: jsonObject });
const aboutShape = z.object({ spec: jsonObject });

/**
 * `DATA/databases/CLAIM/`: `about.json` says what was asked for, `instance.json` which instance it has, `ready.json` is there once the
 * environment's account is, and `leaving` from the moment when it is to go.
 */
export function claimFiles(root: string) {
  const folders = claimFolders<{ readonly spec: JsonObject }>(root, (value) => aboutShape.safeParse(value).data);
  const at = (claim: Claim, name: string): string => join(folders.pathOf(claim), name);
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> => {
    const text = await orMissing(readFile(path, 'utf8'));
    try {
      return text === undefined ? undefined : shape.safeParse(JSON.parse(text)).data;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  };
  return {
    ...folders,
    place: (claim: Claim): Promise<InstancePlace | undefined> => read(at(claim, 'instance.json'), placeShape),
    setPlace: (claim: Claim, place: InstancePlace) => writeWhole(at(claim, 'instance.json'), JSON.stringify(place)),
    ready: (claim: Claim): Promise<Ready | undefined> => read(at(claim, 'ready.json'), readyShape),
    setReady: (claim: Claim, ready: Ready) => writeWhole(at(claim, 'ready.json'), JSON.stringify(ready)),
    unready: (claim: Claim) => rm(at(claim, 'ready.json'), { force: true }),
    isLeaving: async (claim: Claim) => (await orMissing(readFile(at(claim, 'leaving')))) !== undefined,
    setLeaving: (claim: Claim) => writeWhole(at(claim, 'leaving'), ''),
    /** Makes the file that names a spare the file that names this claim's instance: of many that try, one does. */
    takeOver: async (claim: Claim, token: string): Promise<boolean> =>
      (await orMissing(rename(token, at(claim, 'instance.json')).then(() => true))) ?? false,
  };
}

export type ClaimFiles = ReturnType<typeof claimFiles>;

/** `DATA/databases/.spares/ID.json`: an instance that nobody has. */
export function spareTokens(root: string) {
  const folder = join(root, '.spares');
  const pathOf = (id: string): string => join(folder, `${id}.json`);
  return {
    folder,
    pathOf,
    add: (place: InstancePlace) => writeWhole(pathOf(place.id), JSON.stringify(place)),
    /** False: somebody was quicker. */
    drop: async (id: string): Promise<boolean> => (await orMissing(rm(pathOf(id)).then(() => true))) ?? false,
    list: async (): Promise<string[]> =>
      ((await orMissing(readdir(folder))) ?? []).flatMap((name) => /^([0-9a-f]{12})\.json$/.exec(name)?.[1] ?? []),
  };
}

export type SpareTokens = ReturnType<typeof spareTokens>;
