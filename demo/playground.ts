import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryFolder } from '../src/drivers/code-hosts/repository-folder/repository-folder.ts';
import { runCommand } from '../src/kit/run-command.ts';
import type { CodeHost } from '../src/ports/code-host.ts';
import { stagingDump } from './staging-dump.ts';

/** A code host, an application and a configuration of our own, in a fresh folder. */
export interface Playground {
  readonly folder: string;
  readonly gitDir: string;
  readonly configPath: string;
  readonly dataDir: string;
  readonly host: CodeHost;
  readonly instance: string;
  readonly webhookSecret: string;
  readonly apiPort: number;
  readonly gatewayPort: number;
  /** Changes files on a branch, commits, and answers the commit. */
  commit(branch: string, message: string, change: (folder: string) => Promise<void>): Promise<string>;
}

export const repositoryName = 'acme/shop';

export interface PlaygroundOptions {
  /** Another build step of the application, a Node program that is run after the first; missing: none. */
  readonly bundle?: string;
}

export async function playground({ bundle }: PlaygroundOptions = {}): Promise<Playground> {
  const folder = await mkdtemp(join(tmpdir(), 'shining-wizard-demo-'));
  const gitDir = join(folder, 'code', `${repositoryName}.git`);
  const work = join(folder, 'laptop');
  const webhookSecret = `demo-${folder.slice(-6)}-webhook-secret`;
  const instance = `demo${folder
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  const [apiPort, gatewayPort] = await freePorts();
  await mkdir(gitDir, { recursive: true });
  await git(['init', '--quiet', '--bare', '--initial-branch=main', gitDir], folder);
  await cp(new URL('shop', import.meta.url), work, { recursive: true });
  if (bundle !== undefined) await writeFile(join(work, 'bundle.mjs'), bundle);
  await git(['init', '--quiet', '--initial-branch=main'], work);
  await git(['remote', 'add', 'origin', gitDir], work);
  await commitAll(work, 'main', 'Open the corner shop');
  await writeFile(join(folder, 'staging.sql'), stagingDump());
  const configPath = join(folder, 'wizard.yml');
  await writeFile(configPath, configText({ instance, apiPort, gatewayPort, webhookSecret, bundle }));
  return {
    folder,
    gitDir,
    configPath,
    dataDir: join(folder, 'data'),
    instance,
    webhookSecret,
    apiPort,
    gatewayPort,
    host: repositoryFolder({ path: join(folder, 'code') }),
    commit: async (branch, message, change) => {
      await git(['checkout', '--quiet', '-B', branch], work);
      await change(work);
      return commitAll(work, branch, message);
    },
  };
}

/** Replaces text in a file of the application; the text must be there. */
export async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`editing ${path}: it does not hold "${from}"`);
  await writeFile(path, text.replaceAll(from, to));
}

async function commitAll(work: string, branch: string, message: string): Promise<string> {
  await git(['add', '--all'], work);
  const who = ['-c', 'user.name=Mira', '-c', 'user.email=mira@example.com'];
  await git([...who, 'commit', '--quiet', '--message', message], work);
  await git(['push', '--quiet', '--force', 'origin', branch], work);
  return (await git(['rev-parse', 'HEAD'], work)).trim();
}

async function git(args: readonly string[], cwd: string): Promise<string> {
  return (await runCommand(['git', ...args], { cwd, timeLimitMs: 30_000 })).stdout;
}

const configText = (about: {
  instance: string;
  apiPort: number;
  gatewayPort: number;
  webhookSecret: string;
  bundle: string | undefined;
}): string => `# Written by the demo.
instance: ${about.instance}
data-directory: ./data
listen:
  api: 127.0.0.1:${about.apiPort}
  gateway: 127.0.0.1:${about.gatewayPort}
api-token: demo-token-for-this-folder-only
code-hosts:
  folder:
    kind: repository-folder
    path: ./code
    webhook-secret: ${about.webhookSecret}
data-sources:
  staging:
    dump: ./staging.sql
    load: [node, ${JSON.stringify(new URL('load-dump.mjs', import.meta.url).pathname)}]
    masked: true
announcers:
  - kind: log
repositories:
  - name: ${repositoryName}
    recipe:
      build:
        - name: assets
          run: node build.mjs${about.bundle === undefined ? '' : bundleStep}
      data: staging
      release:
        - name: migrate
          run: node migrate.mjs
      processes:
        web:
          run: node web.mjs
          health:
            http: /healthz
            revision-header: X-Shop-Revision
          stop-grace: 5s
        worker: node worker.mjs
      endpoints:
        app: web
`;

const bundleStep = `
        - name: bundle
          run: node bundle.mjs`;

export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
