import { lastLinesOf } from '../../src/kit/command-output.ts';
import { addressesOf, type BedAddresses, commentOf, label, nameOf } from './bed-names.ts';
import { docker, host } from './docker.ts';

const networks = 250;

/** Makes a network of its own for a run, in the first free part of 10.213.0.0/16, with its guard. */
export async function makeBedNetwork(runId: string): Promise<BedAddresses> {
  const first = Number.parseInt(runId, 36) % networks;
  for (let tried = 0; tried < networks; tried += 1) {
    const addresses = addressesOf(1 + ((first + tried) % networks));
    if (await made(runId, addresses)) {
      await guard(runId, addresses);
      return addresses;
    }
  }
  throw new Error('making a network: no part of 10.213.0.0/16 is free');
}

async function made(runId: string, { subnet, host: gateway }: BedAddresses): Promise<boolean> {
  const options = ['--label', `${label}=${runId}`, '--subnet', subnet, '--gateway', gateway];
  try {
    await docker(['network', 'create', ...options, nameOf(runId, 'network')]);
    return true;
  } catch (error) {
    if (/overlap|already (exists|in use)|conflicts/.test(lastLinesOf(error).join(' '))) return false;
    throw error;
  }
}

/**
 * What must not leave this machine by the default route: link-local addresses that no metadata service of ours answers, and late
 * connections to an instance that is gone.
 */
async function guard(runId: string, { subnet }: BedAddresses): Promise<void> {
  const match = ['-s', subnet, '-d', '169.254.0.0/16', '-m', 'comment', '--comment', commentOf(runId)];
  await host(['iptables', '-w', '10', '-I', 'DOCKER-USER', ...match, '-j', 'REJECT']);
  await host(['ip', 'route', 'replace', 'unreachable', subnet, 'metric', '4294967295']);
}

/** The guard rules that stand, each with its run. */
export async function guardRules(): Promise<readonly { readonly runId: string; readonly rule: readonly string[] }[]> {
  const rules = await host(['iptables', '-w', '10', '-S', 'DOCKER-USER'], { allow: () => true });
  return rules.split('\n').flatMap((line) => {
    const runId = /--comment "?machine-bed:(\w+)/.exec(line)?.[1];
    return runId ? [{ runId, rule: line.replaceAll('"', '').split(' ').slice(1) }] : [];
  });
}

/** Takes the guard of a run away; the rule knows the network. */
export async function removeGuard(runId: string): Promise<void> {
  for (const { rule } of (await guardRules()).filter((one) => one.runId === runId)) {
    const subnet = rule[rule.indexOf('-s') + 1] ?? '';
    await host(['ip', 'route', 'del', 'unreachable', subnet, 'metric', '4294967295'], { allow: () => true });
    // Gone already: somebody else sweeps too.
    await host(['iptables', '-w', '10', '-D', ...rule], { allow: () => true });
  }
}
