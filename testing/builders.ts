import type { Claim, EnvironmentId } from '../src/domain/claim.ts';
import { type Environment, noChoices } from '../src/domain/environment.ts';
import type { MachineRecipe } from '../src/domain/machine-recipe.ts';
import type { News } from '../src/domain/news.ts';
import type { PullRequest, RepositoryId, RepositoryRef } from '../src/domain/pull-request.ts';
import type { ProcessesRecipe } from '../src/domain/recipe.ts';
import type { Resource } from '../src/domain/resource.ts';
import type { Call } from '../src/ports/call.ts';
import { silentLog } from './silent-log.ts';

export const aRepository: RepositoryRef = { id: '1001' as RepositoryId, name: 'acme/shop' };

/** 40 hexadecimal digits that are easy to tell apart: `aSha(3)` begins with `3`. */
export const aSha = (n: number): string => n.toString(16).padStart(2, '0').repeat(20);

export const aCall = (over: Partial<Call> = {}): Call => ({
  signal: new AbortController().signal,
  log: silentLog(),
  ...over,
});

export const aClaim = (over: Partial<Claim> = {}): Claim => ({
  environment: 'shop-7' as EnvironmentId,
  role: 'web.3f9a2c1d',
  generation: 1,
  ...over,
});

export const aPullRequest = (over: Partial<PullRequest> = {}): PullRequest => ({
  repository: aRepository,
  number: 7,
  title: 'Add a cart',
  author: 'mira',
  url: 'https://code.example/acme/shop/pull/7',
  state: 'open',
  merged: false,
  draft: false,
  labels: [],
  headSha: aSha(1),
  headRef: 'cart',
  headRepositoryId: over.repository?.id ?? aRepository.id,
  baseRef: 'main',
  updatedAt: '2026-01-01T00:00:00Z',
  ...over,
});

export const anEnvironment = (over: Partial<Environment> = {}): Environment => ({
  id: 'shop-7' as EnvironmentId,
  repository: aRepository,
  number: 7,
  hosts: { app: 'app-shop-7.preview.example' },
  requested: 1,
  observed: 0,
  pull: aPullRequest(),
  choices: noChoices,
  phase: 'building',
  because: 'it is being built',
  phaseSince: 0,
  createdAt: 0,
  wantedSince: 0,
  liveSha: undefined,
  closedAt: undefined,
  receipt: undefined,
  ...over,
});

export const aResource = (over: Partial<Resource> = {}): Resource => ({
  environment: 'shop-7' as EnvironmentId,
  role: 'web.3f9a2c1d',
  kind: 'process',
  generation: 1,
  spec: {},
  needs: [],
  intendedAt: 0,
  acknowledgedAt: undefined,
  status: 'absent',
  note: '',
  facts: {},
  readyAt: undefined,
  goneAt: undefined,
  replaced: 0,
  failures: 0,
  notBefore: 0,
  parked: undefined,
  ...over,
});

export const aRecipe = (over: Partial<ProcessesRecipe> = {}): ProcessesRecipe => ({
  target: 'processes',
  build: [{ name: 'install', run: ['sh', '-euc', 'make'], env: {}, timeLimitMs: 60_000 }],
  release: [],
  services: {},
  processes: {
    web: {
      run: ['node', 'server.js'],
      env: {},
      health: { by: 'http', path: '/', status: 200 },
      timeLimitMs: 30_000,
      stopGraceMs: 5_000,
    },
  },
  endpoints: { app: { process: 'web' } },
  env: {},
  ...over,
});

export const aMachineRecipe = (over: Partial<MachineRecipe> = {}): MachineRecipe => ({
  target: 'machine',
  machine: {
    ...{ name: 'preview', kind: 'ec2', spec: { image: 'ami-0abc', types: ['m5.large'] } },
    ...{ user: 'debian', port: 22, bootLimitMs: 300_000, hostKeyWaitMs: 5_000 },
  },
  memoryDiskMb: 512,
  services: {
    mysql: {
      image: 'mysql:5.6',
      port: 3306,
      env: { MYSQL_ROOT_PASSWORD: { secret: 'db' }, MYSQL_PASSWORD: 'plain-password' },
      config: '[mysqld]\ncharacter-set-server = utf8mb4\n',
      data: {
        source: 'staging',
        from: {
          by: 'mysqldump',
          host: 'staging.example.com',
          port: 3306,
          user: 'reader',
          password: { secret: 'staging' },
          database: 'app',
          options: ['--single-transaction'],
        },
      },
    },
    redis: { image: 'redis:3.2', port: 6379, env: {} },
  },
  servicesLimitMs: 600_000,
  configure: {
    by: 'ansible',
    playbook: 'site.yml',
    group: 'web',
    variables: {},
    after: 'machine',
    timeLimitMs: 600_000,
  },
  deploy: {
    by: 'capistrano',
    run: ['cap', 'production', 'deploy'],
    user: 'deploy',
    roles: ['web', 'app', 'db'],
    told: 'environment',
    revisionFile: '/var/www/app/current/REVISION',
    timeLimitMs: 600_000,
  },
  endpoints: { app: { port: 80 } },
  health: { path: '/', status: 200, timeLimitMs: 60_000 },
  env: {},
  ...over,
});

export const aNews = (over: Partial<News> = {}): News => ({
  environment: 'shop-7' as EnvironmentId,
  repository: aRepository,
  number: 7,
  title: 'Add a cart',
  author: 'mira',
  pullUrl: 'https://code.example/acme/shop/pull/7',
  phase: 'building',
  because: 'it is being built',
  headSha: aSha(1),
  urls: [{ endpoint: 'app', url: 'https://app-shop-7.preview.example' }],
  urlsShowProgress: true,
  worthAMessage: true,
  ...over,
});
