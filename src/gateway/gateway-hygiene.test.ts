import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { appHost, type GatewayWorld, openGatewayWorld } from '../../testing/gateway-world.ts';

describe('the gateway passes on', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('a read again when the application closed the idle connection', async () => {
    let connections = 0;
    const seen: string[] = [];
    await world.rawApplication((socket) => {
      const isFirst = ++connections === 1;
      socket.on('data', (data) => {
        seen.push(String(data).split(' ')[0] ?? '');
        if (seen.length === 1 || !isFirst) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else socket.destroy();
      });
    });
    assert.equal((await world.get('/')).body, 'ok');
    assert.equal((await world.get('/')).body, 'ok');
    assert.deepEqual(seen, ['GET', 'GET', 'GET']);
  });

  it('never a write a second time', async () => {
    let count = 0;
    await world.rawApplication((socket) => {
      socket.on('data', () => {
        count++;
        socket.destroy();
      });
    });
    const { status, headers } = await world.get('/', {}, 'POST');
    assert.deepEqual([status, count, headers['x-robots-tag']], [502, 1, 'noindex, nofollow']);
  });

  it('nothing that its parser or the next would read differently', async () => {
    let reached = 0;
    await world.application((_, response) => {
      reached++;
      response.end();
    });
    const smuggled = [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
      'Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
      'Content-Length : 5\r\n\r\nabcde',
      'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      'Content-Length: +5\r\n\r\nabcde',
      ' folded: yes\r\n\r\n',
    ];
    for (const rest of smuggled) {
      const text = await world.raw(`POST / HTTP/1.1\r\nHost: ${appHost}\r\n${rest}`);
      assert.match(text, /^HTTP\/1\.1 400 /, rest);
    }
    assert.equal(reached, 0);
  });

  it('hosts exactly, before any application is touched', async () => {
    let reached = 0;
    await world.application((_, response) => {
      reached++;
      response.end('yes');
    });
    const cases: [string, string][] = [
      [`GET / HTTP/1.1\r\nHost: ${appHost}\r\nHost: ${appHost}\r\n`, '400'],
      [`GET http://${appHost}/ HTTP/1.1\r\nHost: ${appHost}\r\n`, '400'],
      ['GET / HTTP/1.1\r\n', '400'],
      ['GET / HTTP/1.0\r\n', '400'],
      ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n', '404'],
      ['GET / HTTP/1.1\r\nHost: nobody.preview.example\r\n', '404'],
    ];
    for (const [head, status] of cases) {
      const text = await world.raw(`${head}Connection: close\r\n\r\n`);
      assert.equal(text.slice(9, 12), status, head);
    }
    assert.equal(reached, 0);
    assert.match((await world.get('/', { host: 'nobody.example' })).headers['x-robots-tag'] as string, /noindex/);
    const yes = await world.raw(`GET / HTTP/1.1\r\nhost: ${appHost.toUpperCase()}.:99\r\nConnection: close\r\n\r\n`);
    assert.match(yes, /^HTTP\/1\.1 200 /);
  });

  it('nothing that a visitor claims about himself', async () => {
    let seen: string[] = [];
    await world.application((request, response) => {
      seen = request.rawHeaders;
      response.end();
    });
    const forged =
      'X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Wizard-User: root\r\n';
    await world.raw(
      `GET / HTTP/1.1\r\nHost: ${appHost}\r\n${forged}TE: trailers\r\nX-Hop: 1\r\nConnection: close, X-Hop\r\n\r\n`,
    );
    const names = seen.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    assert.deepEqual(names.toSorted(), [
      'connection',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ]);
    assert.equal(seen[seen.indexOf('X-Forwarded-For') + 1], '127.0.0.1');
    assert.equal(seen[seen.findIndex((name) => name.toLowerCase() === 'host') + 1], appHost);
  });
});
