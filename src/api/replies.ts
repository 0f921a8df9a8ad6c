import type { Environment } from '../domain/environment.ts';
import type { EnvironmentView, StepView } from '../ports/requests.ts';
import type { Delivery, TimelineEntry } from '../ports/store.ts';
import type { DeliveryReply, Detail, StepReply, Summary, TimelineReply } from './contract.ts';

/** From what the rooms hold to what the API says. Specs, facts and details stay inside: they are the operator's machine, not news. */
export function summaryOf(view: EnvironmentView): Summary {
  const { environment, news } = view;
  return {
    id: environment.id,
    repository: environment.repository.name,
    number: environment.number,
    title: news.title,
    author: news.author,
    pullUrl: news.pullUrl,
    phase: environment.phase,
    because: environment.because,
    phaseSince: environment.phaseSince,
    createdAt: environment.createdAt,
    headSha: news.headSha,
    urls: news.urls.map(({ endpoint, url }) => ({ endpoint, url })),
    choices: choicesOf(environment),
    requested: environment.requested,
    observed: environment.observed,
    ...given('closedAt', environment.closedAt),
    ...given('liveSha', environment.liveSha),
    ...given('awaitsApproval', news.awaitsApproval),
    ...given('address', news.address),
    ...given('tookMs', news.tookMs),
    ...given('remainingMs', view.remainingMs),
    ...given('failure', failureOf(view)),
  };
}

export function detailOf(view: EnvironmentView): Detail {
  const found = view.environment.receipt ?? view.news.receipt;
  const receipt = found && { ...found, resources: found.resources.map((resource) => ({ ...resource })) };
  const migrations = view.news.migrations?.map(({ changes, slow, ...one }) => ({
    ...one,
    changes: [...changes],
    slow: slow.map((statement) => ({ ...statement })),
  }));
  const steps = view.steps.map(stepOf);
  return { ...summaryOf(view), steps, ...given('migrations', migrations), ...given('receipt', receipt) };
}

export function stepOf(view: StepView): StepReply {
  const parked = view.resource?.parked;
  return {
    name: view.name,
    role: view.role,
    kind: view.kind,
    state: view.state,
    note: view.note,
    lastLines: [...view.lastLines],
    ...given('startedAt', view.startedAt),
    ...given('tookMs', view.tookMs),
    ...given('usualMs', view.usualMs),
    ...given('generation', view.resource?.generation),
    ...given('diskBytes', view.diskBytes),
    ...given('failures', view.resource?.failures),
    ...given(
      'parked',
      parked && { code: parked.code, message: parked.message, at: parked.at, ...given('hint', parked.hint) },
    ),
  };
}

export const timelineEntryOf = (entry: TimelineEntry): TimelineReply => ({
  id: entry.id,
  environment: entry.environment,
  at: entry.at,
  about: entry.about,
  what: entry.what,
  message: entry.message,
  ...given('tookMs', entry.tookMs),
});

export const deliveryOf = (delivery: Delivery): DeliveryReply => ({
  id: delivery.id,
  guid: delivery.guid,
  event: delivery.event,
  receivedAt: delivery.receivedAt,
  decision: delivery.decision,
  reason: delivery.reason,
  size: delivery.size,
  repeats: delivery.repeats,
  ...given('action', delivery.action),
  ...given('repository', delivery.repositoryName),
  ...given('number', delivery.number),
  ...given('environment', delivery.environment),
  ...given('sameBodyAs', delivery.sameBodyAs),
});

function choicesOf({ choices }: Environment): Summary['choices'] {
  return {
    redeploys: choices.redeploys,
    dataEdition: choices.dataEdition,
    heldGone: choices.heldGone,
    asleep: choices.asleep === true,
    ...given('pinnedSha', choices.pinnedSha),
    ...given('checkpoints', checkpointsOf(choices)),
    ...given('approval', choices.approval && { ...choices.approval }),
  };
}

function checkpointsOf({ checkpoints }: Environment['choices']): Record<string, string> | undefined {
  if (!checkpoints) return undefined;
  return Object.fromEntries(Object.entries(checkpoints).map(([service, { name }]) => [service, name]));
}

function failureOf({ news }: EnvironmentView): Summary['failure'] {
  if (news.failure === undefined) return undefined;
  const { step, message, hint, remedy, lastLines } = news.failure;
  return { step, message, lastLines: [...lastLines], ...given('hint', hint), ...given('remedy', remedy) };
}

/** A field that is left out when it has no value: in JSON, missing means missing. */
function given<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}
