import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { claimName } from '../../domain/claim.ts';
import { aMachine, withEc2 } from './ec2-test-world.ts';

const claim = aClaim({ role: 'machine.3f9a2c1d' });
const anewHint =
  'Does its image boot? The log of the machine shows its console. A push or "wizard redeploy" makes the machine anew.';
const note = 'the machine has not answered on port 22 within 300 s';

test(
  'a machine that never answered is broken, with what its console showed last, until it answers or is taken away',
  {
    skip: noCloud,
  },
  () =>
    withEc2({}, async ({ driver, silent, machines, alive, settle }) => {
      const look = () => driver.observe(claim, aMachine(), aCall());
      await driver.create(claim, aMachine(), aCall());
      await settle(async () => (await look()).is === 'ready');
      machines.print(alive(claim)[0]?.id ?? '', 'Booting\r\nKernel panic - not syncing: no init found\r\n');
      silent.set(claimName(claim), { note, remedy: 'fix-setup', code: 'ssh/never-answered', hint: 'Is it on?' });
      const seen = await look();
      assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'ssh/never-answered');
      assert.equal(seen.hint, `Is it on? ${anewHint}`);
      assert.deepEqual(seen.lastLines, ['Booting', 'Kernel panic - not syncing: no init found']);
      assert.notEqual((await driver.observe(claim, { ...aMachine(), power: 'off' }, aCall())).is, 'broken');

      silent.delete(claimName(claim));
      assert.equal((await look()).is, 'ready', 'one that was merely slow');
      silent.set(claimName(claim), { note, remedy: 'fix-setup' });
      await driver.destroy(claim, aCall());
      await settle(async () => (await look()).is === 'absent');
      assert.equal(silent.size, 0);
    }),
);
