import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { aSha } from '../../testing/builders.ts';
import { appHost, closedPort, type GatewayWorld, openGatewayWorld, until } from '../../testing/gateway-world.ts';

const handshake = (host: string, more = ''): string =>
  `GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

describe('upgrades through the gateway', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const echo = async (): Promise<WebSocketServer> => {
    const server = await world.application((_, response) => response.writeHead(403).end('no socket here'));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/refused') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      sockets.handleUpgrade(request, socket, head, (peer) =>
        peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })),
      );
    });
    return sockets;
  };
  const open = async (path = '/socket'): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, {
      headers: { host: appHost },
      perMessageDeflate: false,
    });
    await once(socket, 'open');
    return socket;
  };

  it('echo messages, small and of 1 MB, in order', async () => {
    await echo();
    const socket = await open();
    const large = Buffer.alloc(1 << 20, 7);
    for (const message of ['one', large, 'two']) socket.send(message);
    const got: unknown[] = [];
    socket.on('message', (data) => got.push(data));
    await until('all three are back', () => got.length === 3);
    assert.deepEqual(
      got.map((data) => (data as Buffer).length),
      [3, large.length, 3],
    );
    assert.ok((got[1] as Buffer).equals(large));
    socket.terminate();
  });

  it('say which commit answered and keep search engines out', async () => {
    await echo();
    const text = await world.raw(handshake(appHost), (soFar) => soFar.includes('\r\n\r\n'));
    assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(text, new RegExp(`\r\nX-Wizard-Revision: ${aSha(1)}\r\n`));
    assert.match(text, /\r\nX-Robots-Tag: noindex, nofollow\r\n/);
    assert.match(text, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
    assert.match(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
  });

  it('end for one side when the other ends', async () => {
    const sockets = await echo();
    const first = await open();
    first.close(4001, 'enough');
    const [code, reason] = await once(first, 'close');
    assert.deepEqual([code, String(reason)], [4001, 'enough']);
    const second = await open();
    for (const peer of sockets.clients) peer.terminate();
    await once(second, 'close');
    const third = await open();
    third.terminate();
    await until('the application lost its peer', () => sockets.clients.size === 0);
  });

  it('pass the refusal of the application on', async () => {
    await echo();
    const text = await world.raw(handshake(appHost).replace('/socket', '/refused'));
    assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(text, /X-Robots-Tag: noindex, nofollow\r\n/);
    assert.ok(text.endsWith('\r\n\r\nno'));
  });

  it('are refused for unknown hosts, own paths, bodies, and while nothing serves', async () => {
    let reached = 0;
    await world.application(() => {
      reached++;
    });
    const cases: [string, string][] = [
      [handshake('nobody.example'), '404'],
      [handshake(appHost, `Host: ${appHost}\r\n`), '400'],
      [handshake(appHost).replace('/socket', '/.wizard/events'), '404'],
      [handshake(appHost, 'Content-Length: 5\r\n'), '400'],
      [handshake(appHost).replace('GET', 'POST'), '400'],
    ];
    for (const [text, status] of cases) {
      const answer = await world.raw(text);
      assert.equal(answer.slice(9, 12), status, text);
      assert.match(answer, /X-Robots-Tag: noindex, nofollow\r\n/);
    }
    world.lead(undefined);
    assert.match(await world.raw(handshake(appHost)), /^HTTP\/1\.1 503 [\s\S]*Retry-After: 2\r\n/);
    world.lead(await closedPort());
    assert.match(await world.raw(handshake(appHost)), /^HTTP\/1\.1 503 /);
    assert.equal(reached, 0);
  });

  it('follow the route when it moves', async () => {
    await echo();
    const { port } = world.hosts.get(appHost) ?? {};
    world.lead(await closedPort());
    const finds = world.hosts.get.bind(world.hosts);
    world.hosts.get = (host) => {
      const entry = finds(host);
      world.lead(port);
      return entry;
    };
    (await open()).terminate();
  });

  it('to HTTP/2 are plain requests', async () => {
    await world.application((request, response) => response.end(`plain ${request.headers.upgrade}`));
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    const text = await world.raw(`GET / HTTP/1.1\r\nHost: ${appHost}\r\n${offer}\r\n`, (soFar) =>
      soFar.includes('plain'),
    );
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*plain undefined/);
  });

  it('do not keep the gateway from closing', async () => {
    await echo();
    const socket = await open();
    const closed = once(socket, 'close');
    await world[Symbol.asyncDispose]();
    await closed;
    world = await openGatewayWorld();
  });
});
