import type { EnvironmentId } from '../domain/claim.ts';
import type { Choices } from '../domain/environment.ts';
import { isSha, shortSha } from '../domain/pull-request.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Requests } from '../ports/requests.ts';
import type { Heart } from './heart.ts';
import { unpark } from './read-pull.ts';

/** Writes down what people ask, and lets the loop look. No driver is called here. */
export function requests(heart: Heart, look: (id: EnvironmentId) => void): Requests {
  const ask = async (
    id: EnvironmentId,
    by: string,
    message: string,
    change: (choices: Choices) => Choices,
  ): Promise<void> => {
    const environment = await heart.store.environments.choose(id, change);
    await unpark(heart, environment);
    await heart.store.timeline.add({
      environment: id,
      at: heart.clock.now(),
      about: 'environment',
      what: 'request',
      message: `${by}: ${message}`,
      tookMs: undefined,
      details: {},
    });
    heart.changes.publish(id);
    look(id);
  };
  return {
    redeploy: (id, by) =>
      ask(id, by, 'deploy anew', ({ asleep: _, ...choices }) => ({
        ...choices,
        redeploys: choices.redeploys + 1,
        heldGone: false,
      })),
    resetData: (id, by) =>
      ask(id, by, 'reset the data', ({ checkpoints: _, ...choices }) => ({
        ...choices,
        dataEdition: choices.dataEdition + 1,
      })),
    load: (id, { service, state }, by) =>
      ask(id, by, `load the saved state ${state.name} into ${service}`, (choices) => {
        const loads = (choices.loads ?? 0) + 1;
        return { ...choices, loads, checkpoints: { ...choices.checkpoints, [service]: { ...state, load: loads } } };
      }),
    destroy: (id, by) => ask(id, by, 'take it away', (choices) => ({ ...choices, heldGone: true })),
    sleep: (id, by) => ask(id, by, 'put it to sleep', (choices) => ({ ...choices, asleep: true })),
    wake: (id, by) => ask(id, by, 'wake it', ({ asleep: _, ...choices }) => choices),
    async pin(id, sha, by) {
      const known = sha === undefined ? undefined : checkedSha(sha);
      await ask(id, by, known ? `pin to ${shortSha(known)}` : 'let go of the pin', ({ pinnedSha: _, ...choices }) =>
        known ? { ...choices, pinnedSha: known } : choices,
      );
    },
    async approve(id, sha, by) {
      const approval = { sha: checkedSha(sha), by, at: heart.clock.now() };
      await ask(id, by, `approve commit ${shortSha(sha)}`, (choices) => ({ ...choices, approval }));
    },
  };
}

function checkedSha(sha: string): string {
  if (isSha(sha)) return sha;
  throw new WizardError(`reading a commit: "${sha}" is not one`, {
    code: 'request/not-a-commit',
    remedy: 'change-input',
    hint: 'Give all 40 hexadecimal digits.',
  });
}
