import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EnvironmentId } from '../domain/claim.ts';
import { routeRequest } from './route-request.ts';

const entry = { environment: 'shop-7' as EnvironmentId, endpoint: 'app', port: 4001 };
const known = 'app-shop-7.preview.example';
const hosts = { find: (host: string) => (host === known ? entry : undefined) };

describe('which environment a request wants', () => {
  const found = [known, `${known}:4780`, `${known}.`, `${known}.:80`, 'APP-Shop-7.Preview.EXAMPLE'];
  for (const host of found) {
    it(`finds ${host}`, () => {
      const destination = routeRequest('/a?b', ['Accept', '*/*', 'hOsT', host], hosts);
      assert.deepEqual(destination, { is: 'found', host: known, authority: host, entry });
    });
  }

  const refusals: { host: string; status: number; because: string }[] = [
    { host: 'other.preview.example', status: 404, because: 'it is unknown' },
    { host: `evil.${known}`, status: 404, because: 'a longer name is another name' },
    { host: 'app-shop-7', status: 404, because: 'a shorter name is another name' },
    { host: '127.0.0.1:4780', status: 404, because: 'an address is no name' },
    { host: '[::1]:4780', status: 404, because: 'an address is no name' },
    { host: `${known}..`, status: 404, because: 'one dot may end a name, not two' },
    { host: `user@${known}`, status: 400, because: 'a host has no user' },
    { host: `${known}/x`, status: 400, because: 'a host has no path' },
    { host: `${known}:port`, status: 400, because: 'a port is a number' },
    { host: `${known} x`, status: 400, because: 'a host has no space' },
    { host: '', status: 400, because: 'it is empty' },
  ];
  for (const { host, status, because } of refusals) {
    it(`refuses '${host}' since ${because}`, () => {
      const destination = routeRequest('/', ['Host', host], hosts);
      assert.equal(destination.is === 'refused' && destination.status, status);
    });
  }

  it('refuses two hosts, none, and targets that are no plain path', () => {
    const refused = [
      routeRequest('/', ['Host', known, 'host', known], hosts),
      routeRequest('/', [], hosts),
      routeRequest(`http://${known}/`, ['Host', known], hosts),
      routeRequest('*', ['Host', known], hosts),
      routeRequest('', ['Host', known], hosts),
    ];
    for (const destination of refused) assert.equal(destination.is === 'refused' && destination.status, 400);
  });
});
