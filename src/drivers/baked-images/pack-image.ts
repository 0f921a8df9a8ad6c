import { because, type DockerEngine } from './docker-engine.ts';

export interface PackAbout {
  readonly engine: DockerEngine;
  readonly signal: AbortSignal;
  /** Volume with the data, and what the container is called beside it. */
  readonly volume: string;
  readonly labels: readonly string[];
  readonly server: string;
  /** Name and tag of the image. */
  readonly image: string;
  readonly imageLabels: Readonly<Record<string, string>>;
  /** Of the server's root. */
  readonly password: string;
}

const hoursMs = 6 * 60 * 60_000;

/**
 * `/baked`: not below a path that the image declares as a volume, since each start would copy it then. What belongs to one server and
 * not to its data stays behind. `/baked-password` lets the first start of an environment in, which gives it its own.
 */
const pack = [
  'set -e',
  'umask 077',
  'cat >/baked-password',
  'mkdir /baked',
  'cp -a /from/. /baked/',
  'cd /baked',
  'rm -f auto.cnf ib_buffer_pool ibtmp1 *.pid *.sock *.err',
  'sync',
  'du -sk /baked | cut -f1',
].join('\n');

/** Makes an image of the data; on top of the server's, so that machines which have that pull the data only. Answers its size. */
export async function packImage(about: PackAbout): Promise<number> {
  const { engine, signal, volume, labels, server, image, imageLabels, password } = about;
  const container = `${volume}-pack`;
  const failed = because(
    'data/pack-failed',
    `making the image ${image}`,
    "Is there room on the disk of this machine's Docker Engine?",
  );
  const { stdout } = await engine
    .run(
      [
        ...['run', '--interactive', '--name', container, '--network', 'none', '--user', '0', ...labels],
        ...['--volume', `${volume}:/from:ro`, '--entrypoint', 'sh', server, '-c', pack],
      ],
      { doing: 'copying the data', signal, timeLimitMs: hoursMs, input: password },
    )
    .catch(failed);
  const changes = [
    ...Object.entries(imageLabels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
    'ENTRYPOINT ["sh"]',
    'CMD []',
  ];
  await engine
    .run(['commit', ...changes.flatMap((change) => ['--change', change]), container, image], {
      doing: 'writing the image',
      signal,
      timeLimitMs: hoursMs,
    })
    .catch(failed);
  return Number(stdout.trim()) * 1024;
}
