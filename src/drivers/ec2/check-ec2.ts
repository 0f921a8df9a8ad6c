import type { EC2 } from '@aws-sdk/client-ec2';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import { type Asking, type Ec2Account, type Ec2AccountSettings, ec2Account } from './ec2-account.ts';
import { type Ec2Spec, ec2SpecOf } from './ec2-spec.ts';
import { type Disk, imageDisks } from './image-disks.ts';
import { launchRequest } from './launch-request.ts';

/** An entry under `machines`, as recipes choose it. */
export interface CheckedMachine {
  readonly name: string;
  /** Of its `MachineChoice`. */
  readonly spec: JsonObject;
  /** Name of this server, as in `wizard.yml`. */
  readonly instance: string;
}

export interface Ec2Check {
  /** What was found to be right, for people. */
  readonly right: readonly string[];
  readonly wrong: readonly WizardError[];
}

type Look = (http: { abortSignal: AbortSignal }, ec2: EC2) => Promise<unknown>;

/** Tries key and settings with AWS and makes nothing: whether what they name is there, and whether a machine could be started. */
export async function checkEc2(settings: Ec2AccountSettings, machine: CheckedMachine, call: Call): Promise<Ec2Check> {
  const account = ec2Account(settings, [machine.name]);
  const spec = ec2SpecOf({ ...machine.spec, machine: machine.name });
  const asking = (what: string): Asking => ({
    doing: `checking ${what} of machines.${machine.name}`,
    machine: machine.name,
    signal: call.signal,
  });
  const right: string[] = [];
  const wrong: WizardError[] = [];
  const note = async <Answer>(what: string, work: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      const answer = await work;
      right.push(what);
      return answer;
    } catch (error) {
      if (!(error instanceof WizardError)) throw error;
      wrong.push(error);
      return undefined;
    }
  };
  const disks = await note(`image ${spec.image}`, imageDisks()(account, spec.image, asking('the image')));
  // Without a key that is let in, everything else would say the same again.
  if (!disks && wrong.some(({ code }) => code !== 'ec2/bad-setting')) return { right, wrong };
  for (const [what, look] of thingsOf(spec)) {
    await note(
      what,
      account.ask(asking(what), (ec2, http) => look(http, ec2)),
    );
  }
  if (disks && wrong.length === 0) {
    for (const type of spec.types) {
      const doing = asking(`the start of a ${type}`);
      await note(`may start ${type}`, tryStart(account, { spec, type, disks, ours: machine.instance }, doing));
    }
  }
  return { right, wrong };
}

const thingsOf = ({ subnet, securityGroups = [], keyName }: Ec2Spec): (readonly [string, Look])[] => [
  ...(subnet === undefined
    ? []
    : [
        [`subnet ${subnet}`, (http, ec2) => ec2.describeSubnets({ SubnetIds: [subnet] }, http)] satisfies [
          string,
          Look,
        ],
      ]),
  ...securityGroups.map((id): [string, Look] => [
    `security group ${id}`,
    (http, ec2) => ec2.describeSecurityGroups({ GroupIds: [id] }, http),
  ]),
  ...(keyName === undefined
    ? []
    : [
        [`key pair ${keyName}`, (http, ec2) => ec2.describeKeyPairs({ KeyNames: [keyName] }, http)] satisfies [
          string,
          Look,
        ],
      ]),
];

const nobodysClaim: Claim = { environment: 'check' as EnvironmentId, role: 'machine.00000000', generation: 1 };

/** EC2 says by an error that it would have done it. */
async function tryStart(
  account: Ec2Account,
  about: { spec: Ec2Spec; type: string; ours: string; disks: readonly Disk[] },
  asking: Asking,
): Promise<void> {
  const request = { ...launchRequest({ ...about, claim: nobodysClaim }), DryRun: true };
  await account.ask(asking, async (ec2, http) => {
    try {
      await ec2.runInstances(request, http);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'DryRunOperation')) throw error;
    }
  });
}
