import { WizardError } from '../../domain/wizard-error.ts';
import type { Engine } from './database-spec.ts';
import { findServers, type ServerProgram, seriesOf } from './server-programs.ts';

const known = new Map<Engine, Promise<readonly ServerProgram[]>>();

const serversOf = (engine: Engine): Promise<readonly ServerProgram[]> => {
  const found = known.get(engine) ?? findServers(engine);
  known.set(engine, found);
  return found;
};

/** The newest server on this machine that can read what `version` wrote; '' for any. What is not found is looked for anew. */
export async function pickProgram(engine: Engine, version: string): Promise<ServerProgram> {
  const fits = (one: ServerProgram): boolean =>
    version === '' || seriesOf(engine, one.version) === seriesOf(engine, version);
  const found = (await serversOf(engine)).find(fits);
  if (found) return found;
  known.delete(engine);
  const all = await serversOf(engine);
  const again = all.find(fits);
  if (again) return again;
  const wanted = version === '' ? engine : `${engine} ${seriesOf(engine, version)}`;
  const there = all.length === 0 ? 'none of this kind' : all.map((one) => one.version).join(', ');
  throw new WizardError(`starting a database server: ${wanted} is needed, and this machine has ${there}`, {
    code: 'database/no-server',
    remedy: 'fix-setup',
    hint: 'Install that server without starting it, or name an image of it as `container` in the recipe.',
  });
}
