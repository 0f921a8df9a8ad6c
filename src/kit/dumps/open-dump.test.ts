import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Secret } from '../secret.ts';
import { fetchedDump } from './open-dump.ts';

const sql = `create table a (b int);\n${'insert into a values (1);\n'.repeat(20_000)}`;
const never = new AbortController().signal;

async function withUrl(answer: RequestListener, act: (url: Secret) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await act(new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dump?token=hunter2`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function fetched(url: Secret): Promise<string> {
  const dump = await fetchedDump('staging', url, never);
  // A stream that breaks off is told by `whole`.
  const read = text(dump.stream).catch(() => '');
  await dump.whole;
  return read;
}

for (const [form, body] of Object.entries({
  plain: Buffer.from(sql),
  gzip: gzipSync(sql),
  zstd: zstdCompressSync(sql),
})) {
  test(`a dump that is ${form} comes out as SQL`, () =>
    withUrl(
      (_, response) => void response.end(body),
      async (url) => assert.equal(await fetched(url), sql),
    ));
  test(`one that is ${form} and breaks off is no dump`, () =>
    withUrl(
      (_, response) => {
        response.setHeader('content-length', body.length);
        response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
      },
      (url) => assert.rejects(fetched(url), { code: 'data/fetch-failed', remedy: 'fix-setup' }),
    ));
}

test('one that was cut off before it was compressed whole is no dump', () =>
  withUrl(
    (_, response) => void response.end(gzipSync(sql).subarray(0, 900)),
    (url) => assert.rejects(fetched(url), { code: 'data/fetch-failed' }),
  ));

test('a URL that is not there any more says so, without its token', () =>
  withUrl(
    (_, response) => void response.writeHead(403).end('expired'),
    async (url) => {
      const error: unknown = await fetched(url).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'fetching the dump of staging: its server answered with HTTP status 403');
    },
  ));

test('a dump of a few bytes is taken as it is', () =>
  withUrl(
    (_, response) => void response.end('x'),
    async (url) => assert.equal(await fetched(url), 'x'),
  ));

test('zstd that was put together of several parts comes out whole, as of several programs that compress at once', () => {
  const parts = [sql, 'x;\n', sql.repeat(20)];
  // Programs that compress at once tell their readers where the parts are, in frames that hold no data.
  const skipped = Buffer.from('502a4d1804000000ffffffff', 'hex');
  const body = Buffer.concat(parts.flatMap((part) => [skipped, zstdCompressSync(part)]));
  return withUrl(
    (_, response) => void response.end(body),
    async (url) => assert.equal(await fetched(url), parts.join('')),
  );
});

test('zstd with something else behind it is damaged', () =>
  withUrl(
    (_, response) => void response.end(Buffer.concat([zstdCompressSync(sql), Buffer.from('something else')])),
    (url) => assert.rejects(fetched(url), { code: 'data/fetch-failed' }),
  ));

test('zstd that was cut off before it was sent is no dump', () =>
  withUrl(
    (_, response) => void response.end(zstdCompressSync(sql).subarray(0, -20)),
    (url) => assert.rejects(fetched(url), { code: 'data/fetch-failed' }),
  ));

test('a user and a password in a URL are told to its server, and to nobody else', () =>
  withUrl(
    ({ headers }, response) => {
      const isRight = headers.authorization === `Basic ${Buffer.from('reader:p w@d').toString('base64')}`;
      response.writeHead(isRight ? 200 : 401).end(sql);
    },
    async (url) => {
      const address = url.reveal().replace('://', '://reader:p%20w%40d@');
      assert.equal(await fetched(new Secret(address)), sql);
      const error: unknown = await fetched(new Secret(address.replace('reader', 'writer'))).catch((thrown) => thrown);
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'fetching the dump of staging: its server answered with HTTP status 401');
    },
  ));
