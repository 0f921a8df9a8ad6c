import type { TestContext } from 'node:test';
import type { Claim } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { type CommandDriver, commandDriver } from '../src/drivers/command/command-driver.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall } from './builders.ts';
import { runWorld } from './run-world.ts';

/** A driver of steps over a world of real processes; what it started is ended with the test. */
export async function stepWorld(t: TestContext) {
  const world = await runWorld();
  const drivers: CommandDriver[] = [];
  const open = (): CommandDriver => {
    drivers.at(-1)?.close();
    const driver = commandDriver(world.options);
    drivers.push(driver);
    return driver;
  };
  t.after(async () => {
    for (const driver of drivers) driver.close();
    await world.close();
  });
  const spec = (script: string, over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    run: ['sh', '-euc', script],
    revision: '3f'.repeat(20),
    timeLimitMs: 20_000,
    env: {},
    ...over,
  });
  const driver = open();
  const until = async (of: Claim, wanted: JsonObject, states: readonly Observation['is'][]): Promise<Observation> => {
    let last: Observation = { is: 'absent' };
    await world.settle(async () => {
      last = await (drivers.at(-1) ?? driver).observe(of, wanted, aCall());
      return states.includes(last.is);
    });
    return last;
  };
  const run = async (of: Claim, wanted: JsonObject): Promise<Observation> => {
    await (drivers.at(-1) ?? driver).create(of, wanted, aCall());
    return until(of, wanted, ['ready', 'broken']);
  };
  const logOf = async (of: Claim): Promise<string> =>
    (await (drivers.at(-1) ?? driver).readLog?.(of, 0, aCall()))?.text ?? '';
  return { world, driver, open, spec, until, run, logOf };
}
