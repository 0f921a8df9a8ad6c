import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../src/ports/clock.ts';
import type { AccessKeys } from './access-keys.ts';
import type { CloudCall, CloudFault, FaultDesk } from './cloud-faults.ts';
import { CloudError } from './protocol/cloud-error.ts';
import { readQuery } from './protocol/read-query.ts';
import { matchRest, readRest } from './protocol/read-rest.ts';
import { type ServiceName, serviceModel } from './protocol/service-model.ts';
import { checkSignature, refusedCaller } from './protocol/signature.ts';
import { type Answer, writeAnswer, writeRefusal } from './protocol/write-answer.ts';

/** A call that arrived, and how it ended. */
export interface CloudRequest extends CloudCall {
  readonly at: number;
  /** `ok`, AWS's code, or what a fault made of it. `open` while it runs. */
  outcome: string;
}

/** One service behind its door. */
export interface Door {
  readonly service: ServiceName;
  readonly region: string;
  readonly clock: Clock;
  readonly keys: AccessKeys;
  readonly faults: FaultDesk;
  readonly requests: CloudRequest[];
  /** Whether this call is one too many; missing: there is no limit. */
  readonly tooMany?: () => boolean;
  act(operation: string, input: object): Promise<object>;
  broken(error: unknown): void;
}

export async function answerCall(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const entry: CloudRequest = {
    service: door.service,
    operation: '',
    input: {},
    at: door.clock.now(),
    outcome: 'open',
  };
  const requestId = randomUUID();
  try {
    checkSignature(door.service, door.region, request, body, door.keys);
    Object.assign(entry, readCall(door.service, request, body));
    door.requests.push(entry);
    if (door.tooMany?.() === true) throw throttled(door.service);
    const fault = door.faults.take(entry);
    const answer = async (): Promise<Answer> => {
      const output = await door.act(entry.operation, entry.input);
      return writeAnswer(door.service, entry.operation, output, requestId);
    };
    entry.outcome = fault === undefined ? 'ok' : fault.kind;
    if (fault === undefined) send(response, await answer());
    else await goWrong(door, fault, answer, response);
  } catch (error) {
    const refusal = error instanceof CloudError ? error : new CloudError('InternalError', String(error), 500);
    if (!(error instanceof CloudError)) door.broken(error);
    if (!door.requests.includes(entry)) door.requests.push(entry);
    entry.outcome = refusal.code;
    send(response, writeRefusal(door.service, refusal, requestId));
  }
}

function readCall(
  service: ServiceName,
  request: IncomingMessage,
  body: Buffer,
): Pick<CloudCall, 'operation' | 'input'> {
  const model = serviceModel(service);
  if (service === 'route53') {
    const asked = { method: request.method ?? '', url: request.url ?? '/', body: body.toString() };
    const hit = matchRest(model, asked);
    if (hit === undefined)
      throw new CloudError('UnknownOperationException', `${asked.method} ${asked.url} is no operation`, 404);
    return { operation: hit.operation.name, input: readRest(model, hit, asked) as CloudCall['input'] };
  }
  const form = new URLSearchParams(body.toString());
  const operation = form.get('Action') ?? '';
  if (model.operations[operation] === undefined) {
    throw new CloudError('InvalidAction', `The action ${operation} is not valid for this web service.`);
  }
  if (form.get('Version') !== model.apiVersion) {
    throw new CloudError(
      'NoSuchVersion',
      `The requested version (${form.get('Version')}) of service AmazonEC2 does not exist`,
    );
  }
  return { operation, input: readQuery(model, operation, form) as CloudCall['input'] };
}

async function goWrong(
  door: Door,
  fault: CloudFault,
  answer: () => Promise<Answer>,
  response: ServerResponse,
): Promise<void> {
  switch (fault.kind) {
    case 'refused':
      throw new CloudError(fault.code, fault.message ?? `${fault.code}, as a test asked for`, fault.status);
    case 'throttled':
      throw throttled(door.service);
    case 'dead-token':
      throw refusedCaller(door.service, 'expired');
    case 'lost':
      if (fault.effect) await answer();
      response.destroy();
      return;
    case 'late': {
      const land = async (): Promise<void> => void (await answer().catch(ownDefect(door)));
      if (fault.afterMs === undefined) door.faults.wait(land);
      else door.clock.after(fault.afterMs, () => void land().catch(door.broken));
      response.destroy();
      return;
    }
    case 'half':
      cutInTwo(response, await answer());
      return;
    case 'broken':
      if (fault.effect) await answer();
      response.writeHead(fault.status).end();
      return;
    case 'slow': {
      const done = await answer();
      await new Promise<void>((resolve) => void door.clock.after(fault.ms, resolve));
      send(response, done);
    }
  }
}

/** A refusal that nobody hears any more is no defect. */
const ownDefect =
  (door: Door) =>
  (error: unknown): void => {
    if (!(error instanceof CloudError)) door.broken(error);
  };

function throttled(service: ServiceName): CloudError {
  return service === 'ec2'
    ? new CloudError('RequestLimitExceeded', 'Request limit exceeded.')
    : new CloudError('Throttling', 'Rate exceeded');
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

function cutInTwo(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray());
}
