import { join } from 'node:path';
import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { breakageOf } from '../../domain/observation.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { lastLinesOf } from '../../kit/command-output.ts';
import type { Secret, Secrets } from '../../kit/secret.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type DatabaseSpec, shapeOf } from './database-spec.ts';
import type { DatabasesRoom } from './databases-room.ts';
import { emptyGolden } from './empty-golden.ts';
import { type GoldenCopy, readGolden } from './golden-copy.ts';
import { keeperOf, type LiveInstance } from './live-instance.ts';
import type { InstanceMaker } from './make-instance.ts';
import { NotStarted } from './not-started.ts';
import { familyOf } from './server-command.ts';
import { seriesOf } from './server-programs.ts';

type HandOverAbout = Pick<DatabasesRoom, 'files' | 'servers' | 'maker' | 'secrets' | 'places' | 'saved'>;

export function passwordOf(secrets: Secrets, { password }: DatabaseSpec): Secret {
  const secret = secrets[password.secret];
  if (secret) return secret;
  throw new WizardError(`making a database: there is no secret called ${password.secret}`, {
    code: 'database/unknown-secret',
    remedy: 'fix-setup',
    hint: `Add ${password.secret} to the secrets of wizard.yml.`,
  });
}

/** Makes an instance for a claim whose folder is there, and hands it over. */
export async function makeFor(
  about: HandOverAbout,
  claim: Claim,
  spec: DatabaseSpec,
  making: Pick<Parameters<InstanceMaker['make']>[0], 'signal' | 'say'>,
): Promise<LiveInstance> {
  const golden = await goldenFor(about, spec, making.signal);
  const database = golden.database === '' ? spec.database : golden.database;
  return about.maker.make({
    ...making,
    golden,
    source: spec.source ?? '',
    version: spec.version,
    checkpoint: spec.checkpoint,
    shape: shapeOf(spec),
    account: { user: spec.user, password: passwordOf(about.secrets, spec), database },
    named: (id, folder) => about.files.setPlace(claim, { id, folder }),
  });
}

async function goldenFor(
  { places, saved }: HandOverAbout,
  spec: DatabaseSpec,
  signal: AbortSignal,
): Promise<GoldenCopy> {
  const { source, version, checkpoint } = spec;
  if (checkpoint === undefined && (source === undefined || version === ''))
    return emptyGolden(places.empty, shapeOf(spec), spec.serverVersion ?? '', signal);
  const folder = checkpoint === undefined ? join(places.golden, source ?? '', version) : saved.pathOf(checkpoint);
  const what = checkpoint === undefined ? `version ${version} of ${source}` : `the saved state ${checkpoint}`;
  const golden = await readGolden(folder);
  if (!golden) {
    throw new WizardError(`making a database: ${what} is not there (any more)`, {
      code: 'database/no-golden',
      remedy: 'change-input',
      hint:
        checkpoint === undefined
          ? 'The next plan asks for the newest version. If there is none yet, bake the source.'
          : '`wizard data saved` lists those that are there; `wizard reset-data` goes back to the golden copy.',
    });
  }
  const series = (text: string): string => seriesOf(spec.engine, text);
  const { serverVersion: asked = golden.serverVersion } = spec;
  if (golden.engine === spec.engine && `${series(golden.serverVersion)}.`.startsWith(`${series(asked)}.`))
    return golden;
  throw new WizardError(
    `making a database: ${what} is data of ${golden.engine} ${golden.serverVersion}, and the recipe asks for ${spec.engine} ${spec.serverVersion ?? ''}`.trimEnd(),
    {
      code: 'database/other-server',
      remedy: 'change-input',
      hint: 'Ask for that server in the recipe, or bake the source with the other.',
    },
  );
}

export interface HandOver {
  readonly spec: DatabaseSpec;
  readonly json: JsonObject;
  readonly signal: AbortSignal;
  /** Whether its account is there already. */
  readonly isIn: boolean;
}

/** Lets the environment in where it is not, and writes down that it is whole. */
export async function handOver(
  { files, servers, secrets }: HandOverAbout,
  claim: Claim,
  one: LiveInstance,
  asked: HandOver,
): Promise<void> {
  const { spec, json, signal } = asked;
  const { record, folder } = one;
  const database = record.database === '' ? spec.database : record.database;
  const keeper = keeperOf(servers.room, record, signal);
  const family = familyOf(record.shape.engine);
  if (!asked.isIn) {
    const door = await family.enter(keeper, undefined);
    try {
      await door.admit({ user: spec.user, password: passwordOf(secrets, spec), database });
    } finally {
      door.close();
    }
  }
  const facts = {
    engine: record.shape.engine,
    host: '127.0.0.1',
    port: record.port,
    socket: family.socketOf(record.run, record.port),
    user: spec.user,
    database,
    serverVersion: record.serverVersion,
    version: record.version,
    method: record.method,
    path: join(folder, 'data'),
  };
  await files.setReady(claim, { spec: json, facts });
}

/** What can be said of a failure to make it. */
export const failureOf = (error: unknown): Observation => ({
  is: 'broken',
  ...breakageOf(error),
  lastLines: error instanceof NotStarted ? error.lastLines : lastLinesOf(error),
});
