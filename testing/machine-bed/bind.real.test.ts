import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { runCommand } from '../../src/kit/run-command.ts';
import { realPart } from '../real-part.ts';
import { type Bind, startBind } from './bind.ts';

const isHere = existsSync('/usr/sbin/named') && existsSync('/usr/bin/nsupdate') && existsSync('/usr/bin/dig');
const skip = realPart('bind9 and bind9-dnsutils are not installed', isHere);

async function update(bind: Bind, change: string, secret: string | undefined): Promise<string> {
  const { name, algorithm } = bind.key;
  const key = secret === undefined ? [] : ['-y', `${algorithm}:${name}:${secret}`];
  const input = `server ${bind.address} ${bind.port}\nzone ${bind.zone}\nupdate ${change}\nsend\n`;
  const { stderr } = await runCommand(['nsupdate', ...key], { input, timeLimitMs: 10_000, allow: () => true });
  return stderr;
}

test('the name server answers what was put there with its key, and nobody else puts anything', {
  skip,
}, async (context) => {
  const bind = await startBind({ zone: 'preview.test' });
  context.after(bind.close);
  const name = 'api-shop-7.preview.test';
  assert.deepEqual(await bind.dig(name, 'A'), []);
  assert.equal(await update(bind, `add ${name} 60 A 10.213.7.32`, bind.key.secret), '');
  assert.deepEqual(await bind.dig(name, 'A'), ['10.213.7.32']);

  assert.match(await update(bind, `add ${name} 60 A 10.0.0.1`, undefined), /REFUSED/);
  const wrong = Buffer.alloc(32).toString('base64');
  assert.match(await update(bind, `add ${name} 60 A 10.0.0.1`, wrong), /BADSIG/);
  assert.match(await update(bind, 'add elsewhere.test 60 A 10.0.0.1', bind.key.secret), /NOTZONE/);
  await bind.update([`delete ${name} A`]);
  assert.deepEqual(await bind.dig(name, 'A'), []);
});
