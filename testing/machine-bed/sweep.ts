import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderOf, folderPattern, label } from './bed-names.ts';
import { guardRules, removeGuard } from './bed-network.ts';
import { endRecordedProcesses, lifeOf } from './bed-process.ts';
import { docker, dockerLines, host } from './docker.ts';

/** Everything of a run that is still on this machine, one line each; empty: nothing is left. */
export async function leftOf(runId: string): Promise<readonly string[]> {
  return (await everything()).filter((one) => one.runId === runId).map(({ what }) => what);
}

/** Takes away all that runs of dead processes left here. */
export async function sweepOldBeds(): Promise<void> {
  const runs = new Set((await everything()).map(({ runId }) => runId));
  for (const runId of runs) if (!isHeld(runId)) await removeBed(runId);
}

/** Takes everything of a run away, whatever of it is there. */
export async function removeBed(runId: string): Promise<void> {
  const folder = folderOf(runId);
  if (existsSync(folder)) endRecordedProcesses(folder);
  for (const kind of kinds) await removeAll(kind, runId);
  for (const name of namespacesOf(runId))
    await unlessGone(host(['ip', 'netns', 'delete', name]), () => isNamespace(name));
  await removeGuard(runId);
  await rm(folder, { recursive: true, force: true });
}

/** In the order of removing: what is used comes after what uses it. */
const kinds = ['container', 'volume', 'network'] as const;

async function removeAll(kind: (typeof kinds)[number], runId: string): Promise<void> {
  const left = (): Promise<readonly string[]> => listed(kind, `${label}=${runId}`);
  const names = await left();
  const options = kind === 'container' ? ['--force', '--volumes'] : [];
  if (names.length > 0)
    await unlessGone(docker([kind, 'rm', ...options, ...names]), async () => (await left()).length > 0);
}

/** Two that open a bed at once may sweep the same old one: what the other took away is no failure. */
async function unlessGone(removal: Promise<unknown>, isThere: () => boolean | Promise<boolean>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (await isThere()) throw error;
  }
}
const namespaces = '/run/netns';

const isNamespace = (name: string): boolean => existsSync(join(namespaces, name));

const namespacesOf = (runId: string): string[] =>
  existsSync(namespaces) ? readdirSync(namespaces).filter((name) => name.startsWith(`bed-${runId}-`)) : [];

const listed = (kind: (typeof kinds)[number], filter: string, format = kind === 'volume' ? '{{.Name}}' : '{{.ID}}') =>
  dockerLines([
    kind,
    'ls',
    ...(kind === 'container' ? ['--all'] : []),
    '--filter',
    `label=${filter}`,
    '--format',
    format,
  ]);

async function everything(): Promise<readonly { readonly runId: string; readonly what: string }[]> {
  const objects = kinds.map(async (kind) => {
    const lines = await listed(kind, label, `{{.Label "${label}"}} {{.${kind === 'container' ? 'Names' : 'Name'}}}`);
    return lines.map((line) => ({ runId: line.split(' ')[0] ?? '', what: `${kind} ${line.split(' ')[1]}` }));
  });
  const folders = readdirSync(tmpdir()).map((name) => ({
    runId: folderPattern.exec(name)?.[1],
    what: `folder ${name}`,
  }));
  const links = (existsSync(namespaces) ? readdirSync(namespaces) : []).map((name) => ({
    runId: /^bed-(\w+)-/.exec(name)?.[1],
    what: `network namespace ${name}`,
  }));
  const rules = (await guardRules()).map(({ runId }) => ({ runId, what: 'guard rule' }));
  const all = [...(await Promise.all(objects)).flat(), ...folders, ...links, ...rules];
  return all.flatMap(({ runId, what }) => (runId ? [{ runId, what }] : []));
}

/** Its process lives: the bed is in use. */
function isHeld(runId: string): boolean {
  const owner = join(folderOf(runId), 'owner');
  if (!existsSync(owner)) return false;
  const life = readFileSync(owner, 'utf8');
  return life !== '' && lifeOf(Number(life.split(' ')[0])) === life;
}
