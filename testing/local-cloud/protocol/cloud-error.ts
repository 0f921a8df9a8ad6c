/** A refusal as AWS words it. Whatever else is thrown inside the cloud is a defect of the cloud itself. */
export class CloudError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = statusOf(code)) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** HTTP statuses that are not 400, by AWS's documents. */
const statuses: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  DryRunOperation: 412,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InsufficientInstanceCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  NoSuchChange: 404,
  NoSuchHostedZone: 404,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Unavailable: 503,
  UnauthorizedOperation: 403,
};

export function statusOf(code: string): number {
  return statuses[code] ?? 400;
}
