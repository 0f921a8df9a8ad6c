import assert from 'node:assert/strict';
import { test } from 'node:test';
import { submoduleRepository } from './submodule-repository.ts';

const github = 'https://github.com/acme/shop.git';

test('a submodule of the same host is known by its owner and name, however its address is written', () => {
  for (const url of [
    '../lib.git',
    '../../acme/lib',
    'https://github.com/acme/lib.git',
    'https://github.com/acme/lib',
    'git@github.com:acme/lib.git',
    'ssh://git@github.com/acme/lib.git',
  ])
    assert.equal(submoduleRepository(url, github), 'acme/lib', url);
  assert.equal(submoduleRepository('../lib.git', '/srv/code/acme/shop.git'), 'acme/lib');
});

test('what leads elsewhere, or is no address that we know, is no repository', () => {
  for (const url of [
    'https://evil.example/acme/lib.git',
    'https://github.com.evil.example/acme/lib.git',
    'git@evil.example:acme/lib.git',
    'http://github.com/acme/lib.git',
    'file:///etc/acme/lib',
    '/etc/acme/lib',
    'ext::sh -c touch% proof',
    '!sh -c "touch proof"',
    '--upload-pack=touch proof',
    '-oProxyCommand=x@github.com:acme/lib',
    '../../../../etc/passwd/lib/x',
    '../..',
    './lib',
    'https://github.com/acme/lib/extra.git',
    'https://github.com/acme/lib.git?x=1',
    'https://github.com/-u/lib'.replace('-u', '..'),
    '',
  ])
    assert.equal(submoduleRepository(url, github), undefined, url);
  assert.equal(submoduleRepository('https://github.com/acme/lib.git', '/srv/code/acme/shop.git'), undefined);
});
