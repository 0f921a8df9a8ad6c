import { EC2Client } from '@aws-sdk/client-ec2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { realPart } from '../real-part.ts';
import { modelsAreThere } from './protocol/service-model.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from './start-local-cloud.ts';

/** To be given to `describe`: without AWS's own descriptions nothing judges the cloud, and it does not start. */
export const noCloud = realPart("AWS's descriptions are not there: install python3-botocore", modelsAreThere);

export interface CloudWorld extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly ec2: EC2Client;
  readonly route53: Route53Client;
}

/** A cloud with AWS's own clients, which repeat nothing by themselves. Throws at its end when the cloud was wrong anywhere. */
export async function openCloudWorld(options: LocalCloudOptions = {}): Promise<CloudWorld> {
  const cloud = await startLocalCloud(options);
  const common = { region: cloud.region, credentials: cloud.credentials, maxAttempts: 1 };
  const ec2 = new EC2Client({ ...common, endpoint: cloud.endpoints.ec2 });
  const route53 = new Route53Client({ ...common, endpoint: cloud.endpoints.route53 });
  return {
    cloud,
    ec2,
    route53,
    async [Symbol.asyncDispose]() {
      ec2.destroy();
      route53.destroy();
      await cloud.close();
    },
  };
}

/** How often a client was refused, as `code status`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
    return `${error.name} ${metadata?.httpStatusCode ?? '-'}`;
  }
  return 'not refused';
}
