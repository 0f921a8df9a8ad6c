import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { BedInstance } from './bed-instance.ts';
import { startMetadataServer } from './metadata-server.ts';

const instance: BedInstance = {
  id: 'i-0123456789abcdef0',
  privateIp: '10.213.7.10',
  userData: Buffer.from('#!/bin/sh\ntrue\n'),
  keyName: 'preview',
  publicKey: 'ssh-ed25519 AAAA someone\n',
};

type Ask = (
  method: string,
  path: string,
  headers?: Record<string, string>,
) => Promise<{ status: number; body: Buffer }>;

async function asking(context: TestContext, about: Partial<BedInstance> = {}): Promise<Ask> {
  const folder = await mkdtemp(join(tmpdir(), 'metadata-'));
  const socketPath = join(folder, 'socket');
  const server = await startMetadataServer({ ...instance, ...about }, socketPath);
  context.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  return async (method, path, headers = {}) => {
    const asked = request({ socketPath, method, path, headers });
    asked.end();
    const [response] = await once(asked, 'response');
    const body = Buffer.concat(await response.toArray());
    return { status: response.statusCode, body };
  };
}

const ttl = 'x-aws-ec2-metadata-token-ttl-seconds';

test('what the instance is can be read, folder by folder', async (context) => {
  const ask = await asking(context);
  const text = async (path: string): Promise<string> => String((await ask('GET', `/latest/${path}`)).body);
  assert.equal(await text('meta-data/instance-id'), instance.id);
  assert.ok((await text('meta-data/')).split('\n').includes('public-keys/'));
  assert.equal(await text('meta-data/public-keys/'), '0=preview');
  assert.equal(await text('meta-data/public-keys/0/'), 'openssh-key');
  assert.equal(await text('meta-data/public-keys/0/openssh-key'), 'ssh-ed25519 AAAA someone');
  assert.equal(await text('meta-data/local-hostname'), 'ip-10-213-7-10.ec2.internal');
  assert.equal(JSON.parse(await text('dynamic/instance-identity/document')).privateIp, '10.213.7.10');
  assert.equal((await ask('GET', '/latest/meta-data/constructor')).status, 404);
  assert.equal((await ask('GET', '/1999-01-01/meta-data/instance-id')).status, 404);
});

test('user-data comes as it was given, and is missing when there is none', async (context) => {
  const userData = gzipSync('#!/bin/sh\n');
  const ask = await asking(context, { userData });
  assert.deepEqual((await ask('GET', '/latest/user-data')).body, userData);
  const without = await asking(context, { userData: Buffer.alloc(0) });
  assert.equal((await without('GET', '/latest/user-data')).status, 404);
});

test('where tokens are required nothing is said without a good one', async (context) => {
  const ask = await asking(context, { tokensRequired: true });
  assert.equal((await ask('GET', '/latest/meta-data/instance-id')).status, 401);
  assert.equal(
    (await ask('GET', '/latest/meta-data/instance-id', { 'x-aws-ec2-metadata-token': 'made up' })).status,
    401,
  );
  const token = await ask('PUT', '/latest/api/token', { [ttl]: '60' });
  assert.equal(token.status, 200);
  const headers = { 'x-aws-ec2-metadata-token': String(token.body) };
  assert.equal((await ask('GET', '/latest/meta-data/instance-id', headers)).status, 200);
});

test('a token is refused without a good lifetime, and to a proxy', async (context) => {
  const ask = await asking(context);
  assert.equal((await ask('PUT', '/latest/api/token')).status, 400);
  assert.equal((await ask('PUT', '/latest/api/token', { [ttl]: '21601' })).status, 400);
  assert.equal((await ask('PUT', '/latest/api/token', { [ttl]: '60', 'x-forwarded-for': '10.0.0.1' })).status, 403);
});
