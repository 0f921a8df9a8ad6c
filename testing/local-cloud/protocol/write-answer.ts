import type { CloudError } from './cloud-error.ts';
import { escapeXml } from './read-xml.ts';
import { type ServiceName, serviceModel } from './service-model.ts';
import { writeOutput } from './write-output.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function writeAnswer(service: ServiceName, operation: string, output: object, requestId: string): Answer {
  const model = serviceModel(service);
  const { xml, headers } = writeOutput(model, operation, output);
  const root = `${operation}Response`;
  const inner =
    service === 'ec2' ? `<requestId>${requestId}</requestId>${xml === '' ? '<return>true</return>' : xml}` : xml;
  return {
    status: model.operations[operation]?.http.responseCode ?? 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId, ...headers },
    body: `${declaration}<${root} xmlns="${model.namespace}">${inner}</${root}>`,
  };
}

/**
 * An error in the form that each service has for it. Route 53's documents show a form of its own for InvalidChangeBatch; since 2024 it
 * answers that one like all others, with all that is wrong in one message, and current SDKs no longer read the old form.
 */
export function writeRefusal(service: ServiceName, { code, message, status }: CloudError, requestId: string): Answer {
  const words = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
  const { namespace } = serviceModel(service);
  const body =
    service === 'ec2'
      ? `<Response><Errors><Error>${words}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
      : `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type>${words}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return {
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
    body: declaration + body,
  };
}
