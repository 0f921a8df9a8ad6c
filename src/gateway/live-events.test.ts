import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { appHost, aStep, aView, type GatewayWorld, openGatewayWorld, until } from '../../testing/gateway-world.ts';

interface Said {
  readonly event: string;
  readonly data: { serving?: boolean; html?: string; text?: string; fresh?: boolean; title?: string };
}

describe('the events of the live page', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
    world.put(aView());
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const listen = async (): Promise<{ said: Said[]; end: () => void }> => {
    const request = httpRequest({
      port: world.port,
      host: '127.0.0.1',
      path: '/.wizard/events',
      agent: false,
      headers: { host: appHost },
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    assert.equal(response.headers['content-type'], 'text/event-stream');
    const said: Said[] = [];
    let rest = '';
    response
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop() ?? '';
        for (const text of events) {
          const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text) ?? [];
          said.push({ event, data: JSON.parse(data) });
        }
      });
    return { said, end: () => request.destroy() };
  };

  it('say at once how it stands, and each change', async () => {
    const { said, end } = await listen();
    await until('the first is there', () => said.length === 1);
    assert.match(said[0]?.data.html ?? '', /Getting ready/);
    world.put(aView({ news: { phase: 'failed', because: 'no luck' } }));
    await until('the change is there', () => said.length === 2);
    assert.match(said[1]?.data.html ?? '', /could not be started/);
    end();
  });

  it('say that the application serves as soon as it does, which sends the page to it', async () => {
    const { said, end } = await listen();
    await until('the first is there', () => said.length === 1);
    await world.application((_, response) => response.end());
    world.put(aView({ news: { phase: 'live' } }));
    await until('it serves', () => said.at(-1)?.data.serving === true);
    end();
  });

  it('bring the log of the working step, whole lines only, and start afresh with the next step', async () => {
    world.logs.set('build.1', 'one\n\u001b[32mtwo\u001b[0m\nthr');
    world.put(aView({ steps: [aStep({ name: 'build-all', role: 'build.1', kind: 'command', state: 'working' })] }));
    const { said, end } = await listen();
    const logs = (): Said['data'][] => said.flatMap(({ event, data }) => (event === 'log' ? [data] : []));
    await until('the first lines are there', () => logs().length === 1);
    assert.deepEqual(logs()[0], { title: 'Build: all', text: 'one\ntwo\n', fresh: true });
    world.logs.set('build.1', 'one\n\u001b[32mtwo\u001b[0m\nthree <b>\n');
    await until('the next line is there', () => logs().length === 2);
    assert.deepEqual(logs()[1], { title: 'Build: all', text: 'three <b>\n', fresh: false });
    world.logs.set('web.1', 'listening\n');
    world.put(aView({ steps: [aStep({ role: 'web.1', state: 'working' })] }));
    await until('the next step is there', () => logs().length === 3);
    assert.deepEqual(logs()[2], { title: 'Start web', text: 'listening\n', fresh: true });
    end();
  });

  it('are quiet while only the clock moves on', async () => {
    world.put(aView({ steps: [aStep({ state: 'working', startedAt: Date.now() })] }));
    let looks = 0;
    const find = world.views.find;
    world.views.find = (id) => {
      looks++;
      return find(id);
    };
    const { said, end } = await listen();
    await until('it looked three times', () => looks >= 3);
    assert.equal(said.filter(({ event }) => event === 'state').length, 1);
    end();
  });

  it('end with the visitor, and leave no watch behind', async () => {
    const { said, end } = await listen();
    await until('the first is there', () => said.length === 1);
    assert.equal(world.watchers.size, 1);
    end();
    await until('nobody watches', () => world.watchers.size === 0);
  });
});
