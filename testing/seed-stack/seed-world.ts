import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browse } from '../../demo/browse.ts';
import { pullRequestPayload, signedDelivery } from '../../demo/github-webhook.ts';
import { processesOf } from '../../demo/left-behind.ts';
import {
  closePull,
  openPull,
  pushPull,
  reopenPull,
} from '../../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { repositoryFolder } from '../../src/drivers/code-hosts/repository-folder/repository-folder.ts';
import type { CommitEntry } from '../../src/kit/commit-files.ts';
import { aCall } from '../builders.ts';
import { type LocalCloud, startLocalCloud } from '../local-cloud/start-local-cloud.ts';
import { cloudOnBed, kindsOfBedImages } from '../machine-bed/bed-cloud.ts';
import { type Bind, startBind } from '../machine-bed/bind.ts';
import { byHand, type Hand } from '../machine-bed/by-hand.ts';
import { type MachineBed, openMachineBed } from '../machine-bed/open-machine-bed.ts';
import { type SlackServer, startSlack } from '../slack/slack-server.ts';
import { leftBehind } from './left-behind.ts';
import { exampleRecipe, seedConfig, shopName, webhookSecret } from './seed-config.ts';
import { environmentOf, type SeedServer, seedServer } from './seed-server.ts';

export interface SeedOptions {
  readonly dns?: 'route53' | 'rfc2136';
  readonly stagingMegabytes?: number;
  /** What all names end with; default `preview.test`. */
  readonly zone?: string;
  /** A wildcard leads all names to the gateway, which is where machines are: in their network, on port 80. Without it, it is on loopback. */
  readonly wildcard?: boolean;
  /** Changes the example's recipe before it is committed. */
  readonly recipe?: (text: string) => string;
  /** Changes `wizard.yml`. */
  readonly config?: (text: string) => string;
  readonly say?: (line: string) => void;
}

/** The seed's whole stack on this machine, with the server as an operator runs it. */
export interface SeedWorld extends SeedServer, SeedStory {
  readonly bed: MachineBed;
  readonly cloud: LocalCloud;
  readonly bind: Bind;
  readonly slack: SlackServer;
  readonly hand: Hand;
  readonly folder: string;
  readonly configPath: string;
  closeAll(): Promise<void>;
}

/** Pull requests of the shop, and what people see of them. */
export interface SeedStory {
  /** Opens a pull request at a commit that changes these files; answers its head. The webhook is sent. */
  open(number: number, files?: Files): Promise<string>;
  push(number: number, files: Files): Promise<string>;
  close(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
  /** Asks an endpoint as a reviewer does: the name by DNS, then the machine itself. Missing: the name leads nowhere. */
  visit(endpoint: string, number: number, path: string, method?: string): Promise<Response | undefined>;
  /** Instances, disks, records, processes and files that its environment still has. */
  leftBehind(number: number): Promise<string[]>;
}

type Files = Readonly<Record<string, CommitEntry>>;

/** For what opens a world: the first time on a machine images are built. */
export const opening = { timeout: 600_000 };

export async function openSeedWorld(options: SeedOptions = {}): Promise<SeedWorld> {
  const { dns = 'route53', say = () => undefined } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    const staging = { megabytes: options.stagingMegabytes ?? 1 };
    const bed = await openMachineBed({ kinds: kindsOfBedImages, staging, say });
    closers.push(() => bed.close());
    const hand = await byHand(bed);
    closers.push(hand.close);
    const gateway = options.wildcard ? { address: bed.addresses.host, port: 80 } : { address: '127.0.0.1', port: 0 };
    const bind = await startBind({
      ...(options.zone === undefined ? {} : { zone: options.zone }),
      ...(options.wildcard ? { wildcard: gateway.address } : {}),
    });
    closers.push(bind.close);
    const cloud = await startLocalCloud(cloudOnBed(bed, { publicKey: hand.publicKey, bind }));
    closers.push(() => cloud.close());
    const slack = await startSlack();
    closers.push(slack.close);
    const folder = await mkdtemp(join(tmpdir(), 'seed-stack-'));
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    await mkdir(join(folder, 'code/acme'), { recursive: true });
    await symlink(bed.repositories.application.path, join(folder, 'code', `${shopName}.git`));
    await symlink(bed.repositories.ansible.path, join(folder, 'code/acme/ansible.git'));
    const recipe = (options.recipe ?? ((text) => text))(await exampleRecipe());
    const base = await bed.repositories.application.commit(
      'refs/heads/main',
      { '.wizard.yml': recipe },
      bed.repositories.application.head,
    );
    const configPath = join(folder, 'wizard.yml');
    const parts = { bed, cloud, bind, slack, folder, keyFile: hand.keyFile, dns };
    const config = await seedConfig({ ...parts, gateway: `${gateway.address}:${gateway.port}` });
    await writeFile(configPath, (options.config ?? ((text) => text))(config));
    const server = seedServer(configPath, folder, gateway.address);
    closers.push(() => endProcesses(`seed${bed.runId}`));
    closers.push(() => server.stop());
    const story = seedStory({ bed, cloud, bind, folder, base, server });
    return { ...{ bed, cloud, bind, slack, hand, folder, configPath, closeAll }, ...server, ...story };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What the server started outlives it, and would write where we clear away. */
async function endProcesses(instance: string): Promise<void> {
  for (const line of await processesOf(instance)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
}

type StoryParts = Pick<SeedWorld, 'bed' | 'cloud' | 'bind' | 'folder'> & {
  /** The commit of `main`. */
  readonly base: string;
  readonly server: SeedServer;
};

function seedStory({ bed, cloud, bind, folder, base, server }: StoryParts): SeedStory {
  const gitDir = bed.repositories.application.path;
  const host = repositoryFolder({ path: join(folder, 'code') });
  const heads = new Map<number, string>();
  const tell = async (number: number, action: string): Promise<void> => {
    const ref = await host.repository(shopName, aCall());
    const pull = await host.findPullRequest(ref, number, aCall());
    if (!pull) throw new Error(`there is no pull request ${number}`);
    const payload = pullRequestPayload(action, pull);
    const { headers, body } = signedDelivery({ secret: webhookSecret, event: 'pull_request', payload });
    const seen = await browse({
      port: server.port('api'),
      host: '127.0.0.1',
      path: '/webhooks',
      method: 'POST',
      headers,
      body,
    });
    if (seen.status !== 202) throw new Error(`the webhook was answered ${seen.status}: ${seen.body}`);
  };
  const commit = async (number: number, files: Files): Promise<string> => {
    const sha = await bed.repositories.application.commit(
      `refs/heads/change-${number}`,
      files,
      heads.get(number) ?? base,
    );
    heads.set(number, sha);
    return sha;
  };
  return {
    async open(number: number, files: Files = {}) {
      const sha = await commit(number, files);
      await openPull({ gitDir, number }, sha, { title: 'A change', author: 'mira', headRef: `change-${number}` });
      await tell(number, 'opened');
      return sha;
    },
    async push(number: number, files: Files) {
      const sha = await commit(number, files);
      await pushPull({ gitDir, number }, sha);
      await tell(number, 'synchronize');
      return sha;
    },
    async close(number: number) {
      await closePull({ gitDir, number });
      await tell(number, 'closed');
    },
    async reopen(number: number) {
      await reopenPull({ gitDir, number });
      await tell(number, 'reopened');
    },
    async visit(endpoint, number, path, method = 'GET') {
      const name = `${endpoint}-shop-${number}.${bind.zone}`;
      const [address] = await bind.dig(name, 'A');
      if (address === undefined) return undefined;
      // Not by fetch, which keeps the name to itself and asks for the address.
      const { status, headers, body } = await browse({
        address,
        port: 80,
        host: name,
        path,
        method,
        headers: { accept: '*/*' },
      });
      return new Response(body, { status, headers: { server: String(headers['server']) } });
    },
    leftBehind: (number) => leftBehind({ bed, cloud, bind, dataDir: join(folder, 'data') }, environmentOf(number)),
  };
}
