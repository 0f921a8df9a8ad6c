import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianSource, makeDebianBase } from './debian-base.ts';
import { docker, isInDocker } from './docker.ts';

const folder = join(import.meta.dirname, 'images');
const prefix = 'machine-bed';

/** Image → what it is made from, and the files beside its Dockerfile that go into it. */
const recipes = {
  registry: { from: 'base', files: ['registry.yml'] },
  mysql: { from: 'base', files: ['mysql-entrypoint'] },
  redis: { from: 'base', files: [] },
  memcached: { from: 'base', files: [] },
  'plain-machine': { from: 'base', files: ['first-process', 'runc-within-limits', 'cloud.cfg'] },
  machine: { from: 'plain-machine', files: [] },
} as const;

type Made = keyof typeof recipes;
/** Each image's full name; the tag is a hash of all that it is made from. */
export type BedImages = Readonly<Record<Made, string>>;

const machines: readonly Made[] = ['plain-machine', 'machine'];
const services: readonly Made[] = ['registry', 'mysql', 'redis', 'memcached'];

/** Builds what is not there yet: two or three minutes the first time, then under a second. Says each image and its seconds. */
export async function buildImages(say: (line: string) => void = () => undefined): Promise<BedImages> {
  const source = await debianSource();
  const names = await namesOf(JSON.stringify(source));
  await made(names.base, say, () => makeDebianBase(names.base, source));
  const build = async (order: readonly Made[]): Promise<void> => {
    for (const image of order) await made(names[image], say, () => buildOne(image, names));
  };
  await Promise.all([build(machines), build(services)]);
  return names;
}

async function namesOf(source: string): Promise<BedImages & { readonly base: string }> {
  const names = new Map([['base', `${prefix}/base:${hashOf([source])}`]]);
  for (const [image, { from, files }] of Object.entries(recipes)) {
    const contents = [`${image}.Dockerfile`, ...files].map((file) => readFile(join(folder, file), 'utf8'));
    names.set(image, `${prefix}/${image}:${hashOf([names.get(from) ?? '', ...(await Promise.all(contents))])}`);
  }
  return Object.fromEntries(names) as unknown as BedImages & { readonly base: string };
}

const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);

async function made(name: string, say: (line: string) => void, make: () => Promise<void>): Promise<void> {
  if (await isInDocker('image', name)) return;
  const began = performance.now();
  say(`${name}: building`);
  await make();
  say(`${name}: built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

async function buildOne(image: Made, names: Readonly<Record<string, string>>): Promise<void> {
  const base = names[recipes[image].from] ?? '';
  const file = join(folder, `${image}.Dockerfile`);
  const args = ['--quiet', '--build-arg', `BASE=${base}`, '--file', file, '--tag', names[image] ?? ''];
  await docker(['build', ...args, folder], { timeLimitMs: 900_000 });
}
