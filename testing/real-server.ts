import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { browse, type Seen, until } from '../demo/browse.ts';
import { pullRequestPayload, type SignedDelivery, signedDelivery } from '../demo/github-webhook.ts';
import { filesOf, processesOf } from '../demo/left-behind.ts';
import { repositoryFolder } from '../src/drivers/code-hosts/repository-folder/repository-folder.ts';
import { runCommand } from '../src/kit/run-command.ts';
import { aCall } from './builders.ts';
import { type RunningWizard, startWizard } from './run-wizard.ts';

export const webhookSecret = 'a-webhook-secret-of-the-tests';
const token = 'an-api-token-of-the-tests';

/** What the API says of an environment, as far as tests look at it. */
export interface SeenEnvironment {
  readonly phase: string;
  readonly because: string;
  readonly liveSha?: string;
  readonly failure?: {
    readonly step: string;
    readonly message: string;
    readonly hint?: string;
    readonly remedy?: string;
    readonly lastLines: readonly string[];
  };
  readonly receipt?: { readonly resources: readonly { readonly role: string }[] };
}

/** A server in a process of its own, as an operator runs it, with bare repositories of its own. */
export interface RealServer {
  readonly folder: string;
  readonly dataDir: string;
  readonly instance: string;
  /** Starts `wizard serve`; resolves when it is ready. */
  start(): Promise<RunningWizard>;
  /** Kills it as a lost machine would; what it started runs on. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  running(): RunningWizard;
  /** A commit of exactly these files on a branch of the repository. */
  commit(files: Readonly<Record<string, string>>, repository?: string, branch?: string): Promise<string>;
  gitDir(repository?: string): string;
  /** A webhook about the pull request as it is now, signed. */
  webhook(number: number, action: string, repository?: string): Promise<SignedDelivery>;
  post(delivery: Pick<SignedDelivery, 'headers'> & { readonly body: Buffer | string }): Promise<Seen>;
  api(path: string, method?: string): Promise<Seen>;
  /** Where webhooks are sent to. */
  webhookUrl(): string;
  find(id: string): Promise<SeenEnvironment | undefined>;
  reach(id: string, phase: string, limitMs?: number): Promise<SeenEnvironment>;
  page(host: string, headers?: Readonly<Record<string, string>>): Promise<Seen>;
  /** Processes and files that environments still have. */
  leftBehind(): Promise<string[]>;
  close(): Promise<void>;
}

export interface RealServerAbout {
  readonly repositories?: readonly string[];
  /** More of `wizard.yml`. */
  readonly more?: string;
  /** Of each repository, indented by four. */
  readonly each?: string | ((name: string) => string);
  /** Instead of the folder of bare repositories, in YAML. */
  readonly codeHost?: string;
  /** Instead of the log, in YAML. */
  readonly announcers?: string;
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const shop = 'acme/shop';
let made = 0;

export async function realServer(about: RealServerAbout = {}): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-real-'));
  const dataDir = about.dataDir ?? join(folder, 'data');
  const repositories = about.repositories ?? [shop];
  const instance = `real${process.pid}x${++made}`;
  const host = repositoryFolder({ path: join(folder, 'code') });
  const gitDir = (repository = shop): string => join(folder, 'code', `${repository}.git`);
  for (const one of repositories) {
    await mkdir(gitDir(one), { recursive: true });
    await git(['init', '--quiet', '--bare', '--initial-branch=main', gitDir(one)], folder);
  }
  const configPath = join(folder, 'wizard.yml');
  await writeFile(configPath, configText(instance, dataDir, repositories, about));
  let wizard: RunningWizard | undefined;
  let ports = { api: 0, gateway: 0 };

  const running = (): RunningWizard => {
    if (!wizard) throw new Error('the server is not running');
    return wizard;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = wizard;
    wizard = undefined;
    ending?.kill(signal);
    await ending?.ended;
  };
  const api = (path: string, method = 'GET'): Promise<Seen> =>
    browse({
      port: ports.api,
      host: '127.0.0.1',
      path: `/api/v1/${path}`,
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
  const find = async (id: string): Promise<SeenEnvironment | undefined> => {
    const seen = await api(`environments/${id}`);
    return seen.status === 200 ? (JSON.parse(seen.body) as SeenEnvironment) : undefined;
  };
  const leftBehind = async (): Promise<string[]> => [...(await processesOf(instance)), ...(await filesOf(dataDir))];

  return {
    folder,
    dataDir,
    instance,
    gitDir,
    running,
    api,
    webhookUrl: () => `http://127.0.0.1:${ports.api}/webhooks`,
    find,
    leftBehind,
    async start() {
      const started = startWizard(['serve', '--config', configPath], about.env ? { env: { ...about.env } } : {});
      wizard = started;
      await started.until(/server\.ready.*\n/);
      const ready = JSON.parse(started.printed.out.split('\n').find((line) => line.includes('server.ready')) ?? '{}');
      ports = { api: Number(new URL(ready.api).port), gateway: ready.gateway };
      return started;
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async commit(files, repository = shop, branch = 'main') {
      const work = await mkdtemp(join(folder, 'work-'));
      await git(['init', '--quiet', `--initial-branch=${branch}`, work], folder);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true });
        await writeFile(join(work, path), text);
      }
      await git(['add', '--all'], work);
      const who = ['-c', 'user.name=Mira', '-c', 'user.email=mira@example.com'];
      await git([...who, 'commit', '--quiet', '--allow-empty', '--message', work], work);
      await git(['push', '--quiet', '--force', gitDir(repository), branch], work);
      return (await git(['rev-parse', 'HEAD'], work)).trim();
    },
    async webhook(number, action, repository = shop) {
      const ref = await host.repository(repository, aCall());
      const pull = await host.findPullRequest(ref, number, aCall());
      if (!pull) throw new Error(`there is no pull request ${number}`);
      return signedDelivery({
        secret: webhookSecret,
        event: 'pull_request',
        payload: pullRequestPayload(action, pull),
      });
    },
    post: ({ headers, body }) =>
      browse({ port: ports.api, host: '127.0.0.1', path: '/webhooks', method: 'POST', headers, body }),
    async reach(id, phase, limitMs = 30_000) {
      let last: SeenEnvironment | undefined;
      return until(`${id} to be ${phase}`, limitMs, async () => {
        last = await find(id);
        return last?.phase === phase ? last : undefined;
      }).catch((error: Error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
      });
    },
    page: (name, headers = {}) => browse({ port: ports.gateway, host: name, headers }),
    async close() {
      await end('SIGTERM');
      for (const line of await processesOf(instance)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function git(args: readonly string[], cwd: string): Promise<string> {
  return (await runCommand(['git', ...args], { cwd, timeLimitMs: 30_000 })).stdout;
}

const folderHost = `{ kind: repository-folder, path: ./code, webhook-secret: ${webhookSecret} }`;

const configText = (
  instance: string,
  dataDir: string,
  repositories: readonly string[],
  {
    more = '',
    each = '    recipe-from: head\n',
    codeHost = folderHost,
    announcers = '[{ kind: log }]',
  }: RealServerAbout,
): string => `instance: ${instance}
data-directory: ${dataDir}
listen: { api: 127.0.0.1:0, gateway: 127.0.0.1:0 }
api-token: ${token}
code-hosts: { host: ${codeHost} }
announcers: ${announcers}
${more}repositories:
${repositories.map((name) => `  - name: ${name}\n${typeof each === 'string' ? each : each(name)}`).join('')}`;

/** A web server that says which commit it is of. */
export const webFile = `import { createServer } from 'node:http';
createServer((_, response) => response.end(process.env.WIZARD_REVISION)).listen(process.env.PORT, '127.0.0.1');
`;

/** The files of a small application: `recipe` is its `.wizard.yml`. */
export const appFiles = (recipe: string): Record<string, string> => ({ '.wizard.yml': recipe, 'web.mjs': webFile });
