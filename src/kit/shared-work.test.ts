import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unlessAborted } from './one-at-a-time.ts';
import { sharedWork } from './shared-work.ts';

const never = new AbortController().signal;
const untilStopped = (stop: AbortSignal): Promise<string> => unlessAborted(new Promise(() => undefined), stop);

test('it is done once for all who ask meanwhile, and again for whoever asks later', async () => {
  const shared = sharedWork<number>();
  let runs = 0;
  const work = async (): Promise<number> => {
    runs += 1;
    return runs;
  };
  assert.deepEqual(await Promise.all([shared.join('a', never, work), shared.join('a', never, work)]), [1, 1]);
  assert.equal(await shared.join('a', never, work), 2);
});

test('one who gives up lets the others wait on; when nobody waits it is stopped, and whoever comes then begins anew', async () => {
  const shared = sharedWork<string>();
  const [first, second] = [new AbortController(), new AbortController()];
  const stops: AbortSignal[] = [];
  const work = (stop: AbortSignal): Promise<string> => {
    stops.push(stop);
    return untilStopped(stop);
  };
  const one = shared.join('a', first.signal, work);
  const two = shared.join('a', second.signal, work);
  first.abort(new Error('the first gave up'));
  await assert.rejects(one, /the first gave up/);
  assert.deepEqual(
    stops.map((stop) => stop.aborted),
    [false],
  );
  second.abort(new Error('the second gave up'));
  await assert.rejects(two, /the second gave up/);
  assert.deepEqual(
    stops.map((stop) => stop.aborted),
    [true],
  );
  assert.equal(await shared.join('a', never, async () => 'anew'), 'anew');
});

test('closing stops what runs', async () => {
  const shared = sharedWork<string>();
  const stopped = assert.rejects(shared.join('a', never, untilStopped));
  await shared.close();
  await stopped;
});
