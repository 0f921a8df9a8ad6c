import { z } from '@hono/zod-openapi';
import { failureReply } from '../contract.ts';

/** Pieces that the routes are described with. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const failed = (description: string) => json(failureReply, description);

/** Every route may answer these. */
export const failures = {
  400: failed('The request is not valid.'),
  401: failed('The token is missing or wrong.'),
  422: failed('Refused: what was asked for cannot be done as it is.'),
  500: failed('Something went wrong in the server; its log has the details.'),
  503: failed('Cannot be done now: something it needs does not answer.'),
};

/** Those about one environment may answer these too. */
export const environmentFailures = {
  ...failures,
  404: failed('Nothing of that name; `nearest` holds ids that may have been meant.'),
  409: failed('Several environments match; `nearest` lists them.'),
};

export const security = [{ token: [] }];

export const environmentParams = z.object({
  id: z.string().min(1).max(300).openapi({
    description:
      'The id (`shop-7`), the pull request (`owner/shop#7`), the address of either, or the beginning of an id. Percent-encoded.',
  }),
});

/** A whole number in a query; text on the wire. */
export const wholeNumber = (about: { description: string; most?: number; otherwise?: number }) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= (about.most ?? Number.MAX_SAFE_INTEGER), `must be at most ${about.most}`)
    .optional()
    .transform((value) => value ?? about.otherwise)
    .openapi({
      type: 'integer',
      description: about.description,
      ...(about.most === undefined ? {} : { maximum: about.most }),
      ...(about.otherwise === undefined ? {} : { default: about.otherwise }),
    });
