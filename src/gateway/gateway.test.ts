import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aSha } from '../../testing/builders.ts';
import {
  appHost,
  closedPort,
  type GatewayWorld,
  openGatewayWorld,
  until,
  untilStill,
} from '../../testing/gateway-world.ts';

describe('the gateway forwards', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const send = (path: string, options: { method?: string; headers?: Record<string, string>; agent?: Agent } = {}) =>
    httpRequest({
      host: '127.0.0.1',
      port: world.port,
      path,
      agent: options.agent ?? false,
      ...options,
      headers: { host: appHost, ...options.headers },
    });
  const answered = async (request: ReturnType<typeof send>): Promise<IncomingMessage> => {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
  const textOf = async (response: IncomingMessage): Promise<string> =>
    Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString();

  it('path, method and body as they were sent, and says which commit answered', async () => {
    await world.application(async (request, response) => {
      response.setHeader('X-Seen', `${request.method} ${request.url}`);
      response.statusCode = 418;
      response.end((await textOf(request)).toUpperCase());
    });
    const request = send('/a%20b//c?d=%F0&e', { method: 'PATCH' });
    request.end('body');
    const response = await answered(request);
    assert.equal(await textOf(response), 'BODY');
    assert.equal(response.statusCode, 418);
    assert.equal(response.headers['x-seen'], 'PATCH /a%20b//c?d=%F0&e');
    assert.equal(response.headers['x-wizard-revision'], aSha(1));
    assert.equal(response.headers['x-robots-tag'], 'noindex, nofollow');
  });

  it('to the port of another machine when the route names one', async () => {
    const elsewhere = createServer((_, response) => response.end('from afar')).listen(0, '127.0.0.2');
    await once(elsewhere, 'listening');
    const at = elsewhere.address();
    assert.ok(typeof at === 'object' && at);
    world.lead(at.port, aSha(1), '127.0.0.2');
    const { status, body } = await world.get('/');
    elsewhere.close();
    assert.deepEqual([status, body], [200, 'from afar']);
  });

  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
    it(`${method} without a body, with the status and length of the answer`, async () => {
      await world.application((_, response) => response.writeHead(200, { 'Content-Length': 5 }).end('hello'));
      const { status, headers, body } = await world.get('/', {}, method);
      assert.deepEqual([status, headers['content-length'], body], [200, '5', method === 'HEAD' ? '' : 'hello']);
    });
  }

  it('both ways at once: the answer comes while the body still goes', async () => {
    await world.application((request, response) => void request.pipe(response));
    const request = send('/', { method: 'POST' });
    request.write('one');
    const response = await answered(request);
    assert.equal(String((await once(response, 'data'))[0]), 'one');
    request.write('two');
    assert.equal(String((await once(response, 'data'))[0]), 'two');
    request.end();
    await once(response.resume(), 'end');
  });

  it('an upload of 100 MB, and takes no more of it than the application does', async () => {
    let received = 0;
    let read = (): void => undefined;
    await world.application((request, response) => {
      read = () => {
        request.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        request.on('end', () => response.end(String(received))).resume();
      };
    });
    const chunk = Buffer.alloc(1 << 20, 120);
    const request = send('/', { method: 'PUT', headers: { 'content-length': String(100 * chunk.length) } });
    let taken = 0;
    const upload = async (): Promise<void> => {
      for (; taken < 100; taken++) if (!request.write(chunk)) await once(request, 'drain');
      request.end();
    };
    const uploaded = upload();
    await untilStill('the upload is held back', () => taken);
    // What the sockets of three connections hold, not what the gateway holds.
    assert.ok(taken < 32, `${taken} MB were taken`);
    read();
    assert.equal(await textOf(await answered(request)), String(100 * chunk.length));
    await uploaded;
  });

  it('no more of an answer than the visitor takes', async () => {
    let sent = 0;
    const block = Buffer.alloc(1 << 16);
    await world.application((_, response) => {
      const more = (): void => {
        while (sent < 64 << 20) {
          sent += block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const request = send('/');
    request.end();
    const response = await answered(request);
    await untilStill('the application is held back', () => sent);
    assert.ok(sent < 32 << 20, `${sent >> 20} MB were taken from the application`);
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) received += chunk.length;
    assert.equal(received, 64 << 20);
  });

  it('the headers and each event of a stream at once', async () => {
    let say: (text: string) => void = () => undefined;
    await world.application((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      say = (text) => response.write(text);
    });
    const request = send('/');
    request.end();
    const response = await answered(request);
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      say(text);
      assert.equal(String((await once(response, 'data'))[0]), text);
    }
    response.destroy();
  });

  it('that the visitor left', async () => {
    let left = false;
    await world.application((_, response) => {
      response.on('close', () => {
        left = true;
      });
      response.write('first');
    });
    const request = send('/');
    request.end();
    const response = await answered(request);
    await once(response, 'data');
    request.destroy();
    response.on('error', () => undefined);
    await until('the application is told', () => left);
  });

  it('that the visitor left in the middle of an upload', async () => {
    let arrived = false;
    let left = false;
    await world.application((request) => {
      arrived = true;
      request.on('error', () => undefined).resume();
      request.on('close', () => {
        left = !request.complete;
      });
    });
    const request = send('/', { method: 'POST', headers: { 'content-length': '1000000' } });
    request.on('error', () => undefined);
    request.write('some');
    await until('the request arrived', () => arrived);
    request.destroy();
    await until('the application is told', () => left);
  });

  it('an answer that breaks in the middle as broken, at once', async () => {
    await world.rawApplication((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy()),
      );
    });
    const request = send('/');
    request.end();
    const response = await answered(request);
    await assert.rejects(textOf(response), { code: 'ECONNRESET' });
  });

  it('an answer in chunks that ends too early as broken', async () => {
    await world.rawApplication((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'));
    });
    const request = send('/');
    request.end();
    await assert.rejects(textOf(await answered(request)), { code: 'ECONNRESET' });
  });

  it('an answer that breaks while the visitor reads nothing as broken, once he reads on', async () => {
    let partner: Socket | undefined;
    await world.rawApplication((socket) => {
      partner = socket;
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${128 << 20}\r\n\r\n`);
        socket.write(Buffer.alloc(64 << 20));
      });
    });
    const request = send('/');
    request.end();
    const response = await answered(request);
    const taken = (): number => (partner?.bytesWritten ?? 0) - (partner?.writableLength ?? 0);
    await untilStill('the line is full', taken);
    partner?.resetAndDestroy();
    await assert.rejects(textOf(response), { code: 'ECONNRESET' });
  });

  it('that the application broke off in the middle of an upload', async () => {
    await world.rawApplication((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const request = send('/', { method: 'POST', headers: { 'content-length': String(8 << 20) } });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(1 << 20));
    const response = await answered(request);
    assert.equal(response.statusCode, 502);
    request.destroy();
  });

  it('every byte of a large answer, to a visitor who pauses, by length and in chunks', async () => {
    const body = randomBytes(8 << 20);
    const wanted = createHash('sha256').update(body).digest('hex');
    await world.application((request, response) => {
      if (request.url === '/length') response.setHeader('Content-Length', body.length);
      response.end(body);
    });
    for (const path of ['/length', '/chunks']) {
      const request = send(path);
      request.end();
      const hash = createHash('sha256');
      for await (const chunk of await answered(request)) {
        hash.update(chunk);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(hash.digest('hex'), wanted);
    }
  });

  it('a refusal that comes before the upload is through, and the connection stays of use', async () => {
    await world.application((request, response) => {
      if (request.method === 'GET') return void response.end('fine');
      response.writeHead(413).end('too large');
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const request = send('/', { method: 'POST', agent, headers: { 'content-length': String(8 << 20) } });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(1 << 20));
    const response = await answered(request);
    assert.equal(response.statusCode, 413);
    assert.equal(await textOf(response), 'too large');
    request.end(Buffer.alloc(7 << 20));
    const next = send('/', { agent });
    next.end();
    assert.equal(await textOf(await answered(next)), 'fine');
    agent.destroy();
  });

  it('to the new process when the route moves while a request is on its way', async () => {
    const next = await world.application((request, response) => void request.pipe(response));
    const old = await closedPort();
    world.lead(old);
    const finds = world.hosts.get.bind(world.hosts);
    // The route moves right after the first look.
    world.hosts.get = (host) => {
      const entry = finds(host);
      world.lead(next.port, aSha(2));
      return entry;
    };
    for (const [method, body] of [
      ['GET', ''],
      ['POST', 'kept whole'],
    ] as const) {
      world.lead(old);
      const request = send('/', { method });
      request.end(body);
      const response = await answered(request);
      assert.deepEqual([response.statusCode, await textOf(response)], [200, body]);
      assert.equal(response.headers['x-wizard-revision'], aSha(2));
    }
  });
});
