import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { noCloud, openCloudWorld } from './cloud-clients.ts';

// A client that shares no line with the JavaScript one: waiters, pages, encodings and refusals as it understands them.
test('botocore is served as AWS serves it', { skip: noCloud }, async () => {
  await using world = await openCloudWorld();
  const { cloud } = world;
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  const zone = [...cloud.zones.keys()][0] ?? '';
  const script = join(import.meta.dirname, 'botocore-client.py');
  const argv = ['-B', script, cloud.endpoints.ec2, cloud.endpoints.route53, accessKeyId, secretAccessKey, zone];
  const { stdout } = await promisify(execFile)('/usr/bin/python3', argv, { timeout: 50_000 });
  assert.deepEqual(JSON.parse(stdout), {
    found: true,
    tags: ['owner', 'second'],
    'ec2 refuses': [
      'InvalidParameterValue 400',
      'InvalidAMIID.NotFound 400',
      'InvalidInstanceID.NotFound 400',
      'DryRunOperation 412',
    ],
    records: ['preview.test. NS', 'preview.test. SOA', '\\052.py.preview.test. A'],
    'route53 refuses': ['InvalidChangeBatch 400', 'InvalidChangeBatch 400', 'InvalidInput 400', 'NoSuchHostedZone 404'],
    stranger: 'SignatureDoesNotMatch 403',
  });
  assert.equal(cloud.alive.length, 0);
});
