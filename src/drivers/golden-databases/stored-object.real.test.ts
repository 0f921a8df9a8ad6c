import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type MotoServer, motoIsThere, startMoto } from '../../../testing/moto-server.ts';
import { realPart } from '../../../testing/real-part.ts';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import { Secret } from '../../kit/secret.ts';
import { lookAtStored, openStored } from './stored-object.ts';

const skip = realPart('moto is not installed (scripts/install-moto.sh)', motoIsThere);
const signal = AbortSignal.timeout(60_000);

let moto: MotoServer | undefined;
before(async () => {
  if (skip === false) moto = await startMoto();
});
after(() => moto?.close());

test('a dump in a bucket is read, plain and out of gzip and zstd, and one that is missing is told', {
  skip,
}, async () => {
  assert.ok(moto);
  const { url: endpoint, region, credentials } = moto;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'dumps' }));
  const dump = 'CREATE TABLE a (id int);\n'.repeat(10_000);
  const forms = {
    'today.sql': Buffer.from(dump),
    'today.sql.gz': gzipSync(dump),
    'today.sql.zst': zstdCompressSync(dump),
  };
  for (const [name, Body] of Object.entries(forms))
    await client.send(new PutObjectCommand({ Bucket: 'dumps', Key: `staging/${name}`, Body }));
  client.destroy();
  const accessKey = { id: credentials.accessKeyId, secret: new Secret(credentials.secretAccessKey) };
  const object = { bucket: 'dumps', key: 'staging/today.sql.gz', region, endpoint, accessKey };
  for (const name of Object.keys(forms)) {
    const opened = await openStored('staging', { ...object, key: `staging/${name}` }, signal);
    assert.equal(await text(opened.stream), dump, name);
    await opened.whole;
  }
  assert.equal((await lookAtStored('staging', object, signal)).bytes, gzipSync(dump).length);
  for (const ask of [openStored, lookAtStored]) {
    const error = await ask('staging', { ...object, key: 'nowhere' }, signal).then(
      () => assert.fail('it was there'),
      (cause: unknown) => cause,
    );
    assert.equal(codeOf(error), 'data/fetch-failed');
    assert.match(describeError(error), /s3:\/\/dumps\/nowhere/);
  }
});
