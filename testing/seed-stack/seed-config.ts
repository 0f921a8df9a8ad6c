import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import type { LocalCloud } from '../local-cloud/start-local-cloud.ts';
import { bedImages } from '../machine-bed/bed-cloud.ts';
import type { Bind } from '../machine-bed/bind.ts';
import type { MachineBed } from '../machine-bed/open-machine-bed.ts';
import type { SlackServer } from '../slack/slack-server.ts';

const example = new URL('../../examples/rails-on-ec2/', import.meta.url);

export const webhookSecret = 'a-webhook-secret-of-the-seed-stack';
export const apiToken = 'an-api-token-of-the-seed-stack';
export const shopName = 'acme/shop';

/** The recipe of the example, word for word; a small memory disk where the test bed is small. */
export const exampleRecipe = (): Promise<string> => readFile(new URL('shop/.wizard.yml', example), 'utf8');

export interface SeedParts {
  readonly bed: MachineBed;
  readonly cloud: LocalCloud;
  readonly bind: Bind;
  readonly slack: SlackServer;
  readonly folder: string;
  readonly keyFile: string;
  /** Which DNS driver: the cloud's Route 53, or BIND by dynamic update. */
  readonly dns: 'route53' | 'rfc2136';
  /** `HOST:PORT` of the gateway. */
  readonly gateway: string;
}

/** `wizard.yml` of the example, its outside replaced by the test bed's. */
export async function seedConfig(parts: SeedParts): Promise<string> {
  const { bed, cloud, bind, slack, folder, keyFile, dns, gateway } = parts;
  const config = parse(await readFile(new URL('wizard.yml', example), 'utf8'));
  const [zoneId] = cloud.zones.keys();
  const accessKey = { id: cloud.credentials.accessKeyId, secret: cloud.credentials.secretAccessKey };
  const { staging } = bed;
  const [subnet] = cloud.account.subnets;
  const [group] = cloud.account.groups;
  const names =
    dns === 'route53'
      ? { kind: 'route53', 'zone-id': zoneId, endpoint: cloud.endpoints.route53, 'access-key': accessKey }
      : { kind: 'rfc2136', server: `${bind.address}:${bind.port}`, key: bind.key };
  return stringify({
    ...config,
    instance: `seed${bed.runId}`,
    'data-directory': `${folder}/data`,
    listen: { api: '127.0.0.1:0', gateway },
    domain: bind.zone,
    'public-url': `http://*.${bind.zone}`,
    'api-token': apiToken,
    'code-hosts': { local: { kind: 'repository-folder', path: `${folder}/code`, 'webhook-secret': webhookSecret } },
    secrets: { SHOP_DATABASE: 'a-database-word' },
    'data-sources': {
      staging: {
        mysql: {
          ...config['data-sources'].staging.mysql,
          host: staging.host,
          port: staging.port,
          user: staging.user,
          password: staging.password,
          database: staging.database,
        },
      },
    },
    machines: {
      preview: {
        ...config.machines.preview,
        region: cloud.region,
        endpoint: cloud.endpoints.ec2,
        'access-key': accessKey,
        image: bedImages.full,
        types: ['m5.large', 'm4.large'],
        subnet: subnet?.id,
        'security-groups': [group?.id],
        user: 'debian',
        'ssh-key': `\${file:${keyFile}}`,
      },
    },
    dns: { ...names, zone: bind.zone, ttl: '5s', register: config.dns.register },
    announcers: [
      { kind: 'log' },
      { kind: 'slack', token: slack.workspace.token, channel: 'previews', 'api-url': slack.apiUrl },
    ],
  });
}
