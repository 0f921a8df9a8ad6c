import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import type { Secrets } from '../../kit/secret.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import type { Ports } from '../../kit/supervised-run/ports-of.ts';
import type { RunRequest } from '../../kit/supervised-run/start-run.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import { type CacheAsked, cacheCommand, cacheContainer, configOf } from './cache-command.ts';
import type { CacheConfigs } from './cache-config.ts';
import type { CacheContainers } from './cache-containers.ts';
import { passwordOf } from './cache-password.ts';
import { cacheUser, findProgram, programNames } from './cache-programs.ts';
import { type CacheSpec, cacheSpecOf } from './cache-spec.ts';

export interface CacheRoom {
  readonly secrets: Secrets;
  readonly instance: string;
  readonly runs: SupervisedRuns;
  readonly ports: Ports;
  readonly configs: CacheConfigs;
  readonly containers: CacheContainers;
}

/** Begins it, or finds that it was begun. */
export async function startCache(room: CacheRoom, claim: Claim, json: JsonObject): Promise<void> {
  const { runs, ports, configs } = room;
  const spec = cacheSpecOf(json);
  const password = passwordOf(room.secrets, spec);
  const user = await cacheUser(spec.engine);
  const program = spec.container === undefined ? await findProgram(spec.engine, spec.serverVersion) : undefined;
  await ports.lend(async (port) => {
    const asked = { spec, port, user, config: configs.pathOf(claim), run: configs.runOf(claim) };
    const text = configOf(spec, port, password);
    if ((await runs.look(claim)).is === 'absent') {
      if (text !== undefined) await configs.write(claim, text, user);
      if (spec.socket) await configs.openRun(claim, user);
    }
    const argv = program === undefined ? containerOf(room, claim, asked) : cacheCommand(asked, program);
    const env = childEnvironment({ env: program === undefined ? dockerEnvironment() : {}, secrets: {} });
    await runs.start({ claim, spec: json, argv, cwd: '/', env, port, ...firstOf(room, spec) });
  });
}

function containerOf(
  { containers, instance }: CacheRoom,
  claim: Claim,
  asked: CacheAsked,
): readonly [string, ...string[]] {
  const { container: image = '', engine } = asked.spec;
  const name = containers.nameOf(claim);
  return cacheContainer(asked, { name, instance, image, program: programNames[engine][0] });
}

/** At rest it is a run that ended well before it began. */
function firstOf({ containers }: CacheRoom, spec: CacheSpec): Pick<RunRequest, 'before'> {
  const { container } = spec;
  if (spec.power === 'off') return { before: { note: 'it rests', run: async () => 'done' } };
  if (container === undefined) return {};
  const run = async (signal: AbortSignal) => {
    await containers.ready(container, spec, signal);
    return 'run' as const;
  };
  return { before: { note: `looking into ${container}`, run } };
}
