import type { Filter } from '@aws-sdk/client-ec2';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { Asking, Ec2Account } from './ec2-account.ts';
import { claimTag, type Instance, instanceOf, instanceTag } from './instance.ts';

const pageSize = 100;

/** All of this server's machines of one claim, ended ones too for as long as EC2 lists them (about an hour). */
export async function instancesOf(
  account: Ec2Account,
  ours: string,
  claim: Claim,
  asking: Asking,
): Promise<Instance[]> {
  const found: Instance[] = [];
  const filters = [tagged(instanceTag, ours), tagged(claimTag, claimName(claim))];
  for await (const one of list(account, filters, ours, asking)) {
    if (claimName(one.claim) === claimName(claim)) found.push(one);
  }
  return found;
}

/** Every machine of this server that is not ended. */
export async function* ownInstances(account: Ec2Account, ours: string, asking: Asking): AsyncGenerator<Instance> {
  const states = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];
  yield* list(account, [tagged(instanceTag, ours), { Name: 'instance-state-name', Values: states }], ours, asking);
}

async function* list(account: Ec2Account, Filters: Filter[], ours: string, asking: Asking): AsyncGenerator<Instance> {
  let NextToken: string | undefined;
  do {
    const page = await account.ask(asking, (ec2, http) =>
      ec2.describeInstances({ Filters, MaxResults: pageSize, ...(NextToken ? { NextToken } : {}) }, http),
    );
    for (const one of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)) {
      const instance = instanceOf(one, ours);
      if (instance) yield instance;
    }
    NextToken = page.NextToken;
  } while (NextToken);
}

/** In filters `*` and `?` stand for other letters. */
const tagged = (name: string, value: string): Filter => ({
  Name: `tag:${name}`,
  Values: [value.replaceAll(/[\\*?]/g, '\\$&')],
});
