import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolHosts } from './pool-hosts.ts';

test('a host has the port that is written with it, or that of its entry', () => {
  const hosts = ['10.0.0.5', '10.0.0.6:2222', 'box.example.com', '[2001:db8::5]:2022', '[2001:db8::6]'];
  assert.deepEqual(
    poolHosts({ hosts, sshPort: 22 }).map(({ address, port }) => [address, port]),
    [
      ['10.0.0.5', 22],
      ['10.0.0.6', 2222],
      ['box.example.com', 22],
      ['2001:db8::5', 2022],
      ['2001:db8::6', 22],
    ],
  );
});
