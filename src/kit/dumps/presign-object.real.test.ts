import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type MotoServer, motoIsThere, startMoto } from '../../../testing/moto-server.ts';
import { realPart } from '../../../testing/real-part.ts';
import { Secret } from '../secret.ts';
import { presignObject } from './presign-object.ts';

const skip = realPart('moto is not installed (scripts/install-moto.sh)', motoIsThere);

let moto: MotoServer | undefined;
before(async () => {
  if (skip === false) moto = await startMoto();
});
after(() => moto?.close());

test('whoever has the URL reads the object, without a key and for so long', { skip }, async () => {
  assert.ok(moto);
  const { url: endpoint, region, credentials } = moto;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'dumps' }));
  await client.send(new PutObjectCommand({ Bucket: 'dumps', Key: "it's/today #1.sql", Body: 'CREATE TABLE a;' }));
  client.destroy();
  const accessKey = { id: credentials.accessKeyId, secret: new Secret(credentials.secretAccessKey) };
  const object = { bucket: 'dumps', key: "it's/today #1.sql", region, endpoint, accessKey };
  const url = await presignObject('staging', object, 600_000);
  assert.equal(new URL(url.reveal()).searchParams.get('X-Amz-Expires'), '600');
  assert.ok(!url.reveal().includes(credentials.secretAccessKey));
  const answer = await fetch(url.reveal());
  assert.deepEqual([answer.status, await answer.text()], [200, 'CREATE TABLE a;']);
  const missing = await presignObject('staging', { ...object, key: 'nowhere' }, 600_000);
  assert.equal((await fetch(missing.reveal())).status, 404);
});

test('what is asked for longer than S3 allows is good for as long as it allows', async () => {
  const accessKey = { id: 'AKIA0', secret: new Secret('word') };
  const object = { bucket: 'dumps', key: 'a', region: 'us-east-1', accessKey };
  const expires = async (forMs: number) =>
    new URL((await presignObject('staging', object, forMs)).reveal()).searchParams.get('X-Amz-Expires');
  assert.deepEqual([await expires(30 * 86_400_000), await expires(10)], ['604800', '60']);
});
