import type { Json, JsonObject } from './json.ts';
import type { AnsibleRecipe, CapistranoRecipe, MachineRecipe, ShellRecipe } from './machine-recipe.ts';
import { machineScript } from './machine-script.ts';
import type { Part } from './plan.ts';
import { checkoutPart, envOf, type PlanInput, stampOf } from './plan-input.ts';
import { serviceFiles } from './service-files.ts';
import { literal } from './template.ts';
import { WizardError } from './wizard-error.ts';

const machineLimitMs = 15 * 60_000;
const sshLimitMs = 10 * 60_000;
const dnsLimitMs = 10 * 60_000;
const routeLimitMs = 60_000;

/**
 * machine ← dns; machine ← ssh ← services, configure ← deploy ← health ← route; checkouts beside the machine. What runs on the
 * machine is changed in place, so a push only deploys; fresh data is a fresh machine beside the old one.
 */
export function machineParts(input: PlanInput<MachineRecipe>): Part[] {
  const { recipe, dns, playbooks } = input;
  if (!input.trusted) throw strangersCode();
  return [
    machinePart(input),
    sshPart(recipe),
    servicesPart(input),
    checkoutPart(input),
    ...(playbooks ? [playbooksPart(input, playbooks)] : []),
    ...(recipe.configure ? [configurePart(input, recipe.configure)] : []),
    deployPart(input, recipe.deploy),
    healthPart(input),
    routePart(input),
    ...(dns ? [dnsPart(input, dns)] : []),
  ];
}

function machinePart(input: PlanInput<MachineRecipe>): Part {
  const { recipe, environment } = input;
  const { machine, memoryDiskMb, services } = recipe;
  return {
    name: 'machine',
    kind: machine.kind,
    needs: [],
    replace: 'beside',
    asleep: 'off',
    timeLimitMs: machineLimitMs,
    // A new version of ours that writes another script is no reason to take machines away.
    unkeyed: ['userData'],
    spec: {
      ...Object.fromEntries(Object.entries(machine.spec).map(([field, value]) => [field, literal(value)])),
      machine: machine.name,
      // Another password of a service is another machine, like all else of them; only the user-data is sent.
      setup: literal({ memoryDiskMb: memoryDiskMb ?? 0, services: asJson(services) }),
      edition: environment.choices.dataEdition,
      userData: machineScript({ recipe, dataVersions: input.dataVersions }),
    },
  };
}

const sshPart = ({ machine }: MachineRecipe): Part => ({
  name: 'ssh',
  kind: 'ssh',
  needs: ['machine'],
  replace: 'beside',
  // Beyond what the driver itself waits: for an answer, and then to be let in.
  timeLimitMs: machine.bootLimitMs + sshLimitMs,
  unkeyed: ['bootLimitMs', 'hostKeyWaitMs'],
  spec: {
    machine: machine.name,
    bootLimitMs: machine.bootLimitMs,
    hostKeyWaitMs: machine.hostKeyWaitMs,
    claim: { fact: 'machine.claim' },
    host: { fact: 'machine.address' },
    port: { fact: 'machine.port' },
    user: machine.user,
    hostKeys: { fact: 'machine.hostKeys' },
  },
});

function servicesPart(input: PlanInput<MachineRecipe>): Part {
  const { recipe, dataVersions } = input;
  return {
    name: 'services',
    kind: 'machine-services',
    needs: ['ssh'],
    replace: 'beside',
    timeLimitMs: recipe.servicesLimitMs,
    unkeyed: ['script', 'limitMs'],
    spec: {
      ssh: { fact: 'ssh.config' },
      host: { fact: 'ssh.host' },
      machineClaim: { fact: 'ssh.claim' },
      files: serviceFiles(input),
      limitMs: recipe.servicesLimitMs,
      script: machineScript({ recipe, dataVersions }),
    },
  };
}

function playbooksPart({ environment }: PlanInput<MachineRecipe>, found: NonNullable<PlanInput['playbooks']>): Part {
  const { repository, branch, sha } = found;
  return {
    name: 'playbooks',
    kind: 'checkout',
    needs: [],
    replace: 'beside',
    asleep: 'stays',
    timeLimitMs: 10 * 60_000,
    unkeyed: ['repository'],
    spec: {
      repositoryId: repository.id,
      repository: repository.name,
      besides: environment.repository.id,
      branch,
      sha,
      ...stampOf(environment),
    },
  };
}

/** What a program on our side is told of the machine. */
const target = (user: string): JsonObject => ({
  host: { fact: 'ssh.host' },
  port: { fact: 'ssh.port' },
  user,
  ssh: { fact: 'ssh.config' },
  key: { fact: 'ssh.key' },
  knownHosts: { fact: 'ssh.knownHosts' },
});

function configurePart(input: PlanInput<MachineRecipe>, configure: AnsibleRecipe): Part {
  const { environment, recipe, playbooks, sha } = input;
  const from = playbooks ? 'playbooks' : 'checkout';
  // Playbooks of the application's own repository may have come with this commit; others know nothing of it, so a push runs none.
  const revision = playbooks?.sha ?? sha;
  return {
    name: 'configure',
    kind: 'ansible',
    replace: 'in-place',
    needs: ['ssh', from, ...(configure.after === 'services' ? ['services'] : [])],
    timeLimitMs: configure.timeLimitMs,
    spec: {
      directory: { fact: `${from}.path` },
      target: target(recipe.machine.user),
      playbook: configure.playbook,
      group: configure.group,
      variables: literal(configure.variables),
      revision,
      timeLimitMs: configure.timeLimitMs,
      env: ownEnv({ ...input, sha: revision }),
      ...stampOf(environment),
    },
  };
}

function deployPart(input: PlanInput<MachineRecipe>, deploy: CapistranoRecipe | ShellRecipe): Part {
  const { environment, recipe, sha } = input;
  return {
    name: 'deploy',
    kind: deploy.by,
    replace: 'in-place',
    needs: ['ssh', 'checkout', 'services', ...(recipe.configure ? ['configure'] : [])],
    timeLimitMs: deploy.timeLimitMs,
    spec: {
      directory: { fact: 'checkout.path' },
      target: target(deploy.user),
      revision: sha,
      run: deploy.run,
      ...(deploy.by === 'capistrano' ? { roles: deploy.roles, told: literal(asJson(deploy.told)) } : {}),
      ...(deploy.revisionFile === undefined ? {} : { revisionFile: deploy.revisionFile }),
      timeLimitMs: deploy.timeLimitMs,
      env: ownEnv(input),
      ...stampOf(environment),
    },
  };
}

function healthPart({ environment, recipe, sha }: PlanInput<MachineRecipe>): Part {
  const { path, status, revisionHeader, timeLimitMs } = recipe.health;
  const targets = Object.entries(recipe.endpoints).map(([endpoint, { port }]): [string, Json] => [
    endpoint,
    { address: { fact: 'ssh.host' }, port, host: environment.hosts[endpoint] ?? '' },
  ]);
  return {
    name: 'health',
    kind: 'http-check',
    replace: 'in-place',
    needs: ['ssh', 'deploy'],
    timeLimitMs,
    spec: {
      revision: sha,
      path,
      status,
      ...(revisionHeader === undefined ? {} : { revisionHeader }),
      targets: Object.fromEntries(targets),
      ...stampOf(environment),
    },
  };
}

function routePart({ environment, recipe, sha }: PlanInput<MachineRecipe>): Part {
  const targets = Object.entries(recipe.endpoints).map(([endpoint, { port }]): [string, Json] => [
    endpoint,
    { host: environment.hosts[endpoint] ?? '', port, address: { fact: 'ssh.host' } },
  ]);
  return {
    name: 'route',
    kind: 'route',
    replace: 'in-place',
    needs: ['ssh', 'health'],
    timeLimitMs: routeLimitMs,
    spec: { revision: sha, targets: Object.fromEntries(targets) },
  };
}

/** Names that lead to a machine that serves move only when the next one is healthy. */
function dnsPart({ environment }: PlanInput<MachineRecipe>, dns: NonNullable<PlanInput['dns']>): Part {
  const waits = dns.register === 'when-live' || environment.liveSha !== undefined;
  const records = Object.values(environment.hosts).map((host): [string, Json] => [host, { fact: 'machine.address' }]);
  return {
    name: 'dns',
    kind: dns.kind,
    replace: 'in-place',
    needs: ['machine', ...(waits ? ['health'] : [])],
    timeLimitMs: dnsLimitMs,
    spec: { ttlSeconds: dns.ttlSeconds, records: Object.fromEntries(records) },
  };
}

const ownEnv = (input: PlanInput<MachineRecipe>): JsonObject => envOf(input, {}, false);

/** Its Capfile would run on our side, with the key of the machine in reach. */
const strangersCode = (): WizardError =>
  new WizardError('making a plan: pull requests from forks are not deployed to machines', {
    code: 'recipe/fork-on-machine',
    remedy: 'change-input',
    hint: 'Push the branch to the repository itself.',
  });

/** What the schema let in is JSON already; its types just do not say so. */
const asJson = (value: object | string): Json => JSON.parse(JSON.stringify(value));
