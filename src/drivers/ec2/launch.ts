import { type Claim, claimName } from '../../domain/claim.ts';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { Asking, Ec2Account } from './ec2-account.ts';
import type { Ec2Spec } from './ec2-spec.ts';
import type { Disk } from './image-disks.ts';
import { type Instance, instanceWith } from './instance.ts';
import { launchRequest } from './launch-request.ts';

/** Claim → the index of the type whose request may have had an effect that we do not know of. */
export type OpenTries = Map<string, number>;

export interface LaunchOf {
  readonly account: Ec2Account;
  readonly claim: Claim;
  readonly spec: Ec2Spec;
  readonly ours: string;
  readonly disks: readonly Disk[];
  readonly openTries: OpenTries;
  readonly call: Call;
}

const nextTypeOn: ReadonlySet<string> = new Set(['ec2/no-capacity', 'ec2/quota', 'ec2/not-offered']);

/**
 * Asks for one machine, of the first type that there is capacity for.
 *
 * Why it is one, whatever happens: a request's token is made from claim and type, and its parameters from claim, type and the spec that
 * the loop wrote down before it called us. A repeated request for a type is therefore the same request, and EC2 answers it with the
 * machine that the first one made. We go on to the next type only after EC2 has definitely refused this one, so of all types at
 * most one request is without an answer, and it is the last. A repeated call begins with that one (`openTries`), not with the first
 * type, which may have capacity again by now. Only if this process was killed between the two calls, the listing (which is asked
 * first) lags, and capacity came back, can there be two. Both then bear the claim, and the next look keeps the older one.
 */
export async function launch(about: LaunchOf): Promise<Instance> {
  const { claim, spec, openTries, call } = about;
  const name = claimName(claim);
  const refusals: WizardError[] = [];
  for (let index = openTries.get(name) ?? 0; index < spec.types.length; index += 1) {
    const type = spec.types[index] ?? '';
    openTries.set(name, index);
    try {
      return await ask(about, type);
    } catch (error) {
      if (!(error instanceof WizardError) || !nextTypeOn.has(codeOf(error))) throw error;
      refusals.push(error);
      call.log.warn('ec2.type-refused', { claim: name, type, code: error.code });
    }
  }
  openTries.delete(name);
  throw allRefused(about, refusals);
}

async function ask(about: LaunchOf, type: string): Promise<Instance> {
  const { account, claim, spec, call } = about;
  const asking: Asking = {
    doing: `starting ${claimName(claim)} as ${type}`,
    machine: spec.machine,
    signal: call.signal,
  };
  const request = launchRequest({ ...about, type });
  const { Instances = [] } = await account.ask(asking, (ec2, http) => ec2.runInstances(request, http));
  const instance = Instances[0] && instanceWith(Instances[0], claim);
  if (instance) return instance;
  throw new WizardError(`${asking.doing}: EC2 answered without an instance`, {
    code: 'ec2/unexpected-answer',
    remedy: 'try-again',
  });
}

/** What helps soonest decides: capacity comes back by itself, a quota when others close, a wrong setting never. */
function allRefused({ claim, spec }: LaunchOf, refusals: readonly WizardError[]): WizardError {
  const by = (code: string): WizardError | undefined => refusals.find((one) => one.code === code);
  const chosen = by('ec2/no-capacity') ?? by('ec2/quota') ?? refusals[0];
  if (!chosen) throw new Error('starting a machine: no type was tried');
  if (spec.types.length === 1) return chosen;
  return new WizardError(`starting ${claimName(claim)}: none of ${spec.types.join(', ')} is to be had`, {
    code: chosen.code,
    remedy: chosen.remedy,
    ...(chosen.hint === undefined ? {} : { hint: chosen.hint }),
    ...(chosen.afterMs === undefined ? {} : { afterMs: chosen.afterMs }),
    cause: chosen,
  });
}
