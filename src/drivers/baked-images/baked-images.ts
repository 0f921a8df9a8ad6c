import { stableHash } from '../../domain/stable-hash.ts';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { pour } from '../../kit/dumps/pour.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BakeCall, BakedImage, BakeOrder, DataBaker } from '../../ports/data-bakes.ts';
import type { BakedSource, BakedSources } from './baked-source.ts';
import { because, type DockerEngine, dockerEngine } from './docker-engine.ts';
import { openDump } from './open-dump.ts';
import { packImage } from './pack-image.ts';
import { type PrivateServerAbout, startPrivateServer } from './private-server.ts';

export interface BakedImagesOptions {
  /** Of `wizard.yml`: two servers share an engine and leave each other's things alone. */
  readonly instance: string;
  readonly sources: BakedSources;
  readonly clock: Clock;
  /** The Docker client; default `docker`. */
  readonly program?: string;
}

/** On containers and volumes of a bake, so that the next server finds what one that was killed left. */
const bakingLabel = 'shining-wizard.baking';
/** On images. */
const bakedLabel = 'shining-wizard.baked';
const hoursMs = 6 * 60 * 60_000;
const saidEveryMs = 2000;

/**
 * Data in images of the Docker Engine of this machine, pushed to a registry: a dump is loaded into a private server of the image that the
 * service will be of, and its data folder becomes `/baked` of a new image `IMAGE:VERSION`.
 */
export function bakedImages(options: BakedImagesOptions): DataBaker {
  const { instance, sources, clock } = options;
  const engine = dockerEngine(options.program);
  const markOf = (source: string): string => `${instance}/${source}`;

  async function bake(
    name: string,
    order: { readonly stamp: string; readonly version: string | undefined },
    source: BakedSource,
    call: BakeCall,
  ): Promise<BakedImage> {
    const { stamp } = order;
    const { signal, doing, write } = call;
    const labels = ['--label', `${bakingLabel}=${markOf(name)}`];
    const container = `wizard-bake-${stableHash(markOf(name), 8)}-${stamp.toLowerCase()}`;
    await haveImage(engine, source.server, call);
    doing(`starting a private server of ${source.server}`);
    const { server: image, database } = source;
    const about: PrivateServerAbout = { engine, clock, signal, name: container, labels, image, database };
    const server = await startPrivateServer(about);
    const { from } = source;
    doing(from.by === 'mysqldump' ? `dumping ${from.database} of ${from.host}` : 'fetching the dump');
    const dump = await openDump(name, source, { engine, labels, signal, write });
    let saidAt = clock.monotonic();
    const progress = (bytes: number): void => {
      if (clock.monotonic() - saidAt < saidEveryMs) return;
      saidAt = clock.monotonic();
      doing(`loading the dump: ${megabytes(bytes)} so far`);
    };
    const poured = await pour(name, dump, server.load(write), { signal, progress });
    const tables = await server.tables();
    if (tables === 0) throw empty(name, database);
    doing(`the dump is loaded: ${megabytes(poured.bytes)}, ${tables} tables; shutting the server down`);
    await server.stop();
    const version = order.version ?? `${stamp}-${poured.hash.slice(0, 8)}`;
    const full = `${source.image}:${version}`;
    doing(`making the image ${full}`);
    // A container that is started from it must not be taken for one of a bake.
    const imageLabels = { [bakedLabel]: markOf(name), [bakingLabel]: '' };
    const { password } = server;
    const packing = { engine, signal, volume: container, labels, server: image, imageLabels, password, image: full };
    const bytes = await packImage(packing);
    try {
      doing(`pushing it: ${megabytes(bytes)} of data`);
      const digest = await push(engine, full, name, call);
      return { version, bytes, ...(digest === undefined ? {} : { digest }) };
    } catch (error) {
      await engine.run(['image', 'rm', full], { doing: 'removing the image', allow: () => true });
      throw error;
    }
  }

  async function sweep(name: string, { signal }: Pick<Call, 'signal'>): Promise<void> {
    const filter = ['--filter', `label=${bakingLabel}=${markOf(name)}`, '--quiet'];
    const about = { doing: 'removing what a bake left', signal };
    const containers = words((await engine.run(['ps', '--all', ...filter], about)).stdout);
    if (containers.length > 0) await engine.run(['rm', '--force', '--volumes', ...containers], about);
    const prefix = `wizard-bake-${stableHash(markOf(name), 8)}-`;
    const volumes = words((await engine.run(['volume', 'ls', '--quiet', '--filter', `name=${prefix}`], about)).stdout);
    if (volumes.length > 0) await engine.run(['volume', 'rm', '--force', ...volumes], about);
  }

  return {
    sweep,
    async bake({ source: name, stamp, version }: BakeOrder, call) {
      const source = sources[name];
      if (!source) throw unknown(name);
      try {
        return await bake(name, { stamp, version }, source, call);
      } finally {
        // Also when the signal has aborted: so this has one of its own.
        await sweep(name, { signal: AbortSignal.timeout(hoursMs) }).catch((error: unknown) =>
          call.log.warn('data.bake-sweep', { source: name, error: describeError(error) }),
        );
      }
    },
    async keepOnly(name, versions, { signal, log }) {
      const list = ['image', 'ls', '--filter', `label=${bakedLabel}=${markOf(name)}`];
      const format = ['--format', '{{.Repository}}:{{.Tag}}'];
      const found = words((await engine.run([...list, ...format], { doing: 'listing images', signal })).stdout);
      for (const image of found) {
        if (versions.has(image.slice(image.lastIndexOf(':') + 1))) continue;
        await engine.run(['image', 'rm', image], { doing: `removing ${image}`, signal }).catch((error: unknown) => {
          log.warn('data.image-kept', { image, error: describeError(error) });
        });
      }
    },
  };
}

async function haveImage(engine: DockerEngine, image: string, { signal, doing, write }: BakeCall): Promise<void> {
  const there = await engine
    .run(['image', 'inspect', '--format', '{{.Id}}', image], {
      doing: `looking for ${image}`,
      signal,
      allow: () => true,
    })
    .catch(because('data/no-docker', 'talking to the Docker Engine', dockerHint));
  if (there.status === 0) return;
  doing(`pulling ${image}`);
  const told = { onOutput: (piece: Buffer) => write(piece.toString()) };
  await engine
    .run(['pull', image], { doing: `pulling ${image}`, signal, timeLimitMs: hoursMs, ...told })
    .catch(because('data/no-server-image', `pulling ${image}`, `Is "server" of "bake" right? ${dockerHint}`));
}

async function push(
  engine: DockerEngine,
  image: string,
  name: string,
  { signal, write }: BakeCall,
): Promise<string | undefined> {
  const hint = `May this machine push there (\`docker login\` as the server's user)? Then \`wizard data bake ${name}\`.`;
  const told = { onOutput: (piece: Buffer) => write(piece.toString()) };
  await engine
    .run(['push', image], { doing: `pushing ${image}`, signal, timeLimitMs: hoursMs, ...told })
    .catch(because('data/push-failed', `pushing ${image}`, hint));
  const { stdout } = await engine.run(['image', 'inspect', '--format', '{{join .RepoDigests " "}}', image], {
    doing: 'asking for its digest',
    signal,
  });
  return words(stdout)[0];
}

const dockerHint = "Is the Docker Engine running on this machine, and may the server's user use it (`docker info`)?";

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const unknown = (name: string): WizardError =>
  new WizardError(`baking ${name}: there is no such data source`, {
    code: 'data/unknown-source',
    remedy: 'report-bug',
  });

const empty = (name: string, database: string): WizardError =>
  new WizardError(`baking ${name}: after the dump was loaded, the database ${database} holds no table`, {
    code: 'data/empty-dump',
    remedy: 'fix-setup',
    hint: 'Is it the right database, and may the user read it?',
  });
