import { z } from 'zod';

const secretName = z.strictObject({ secret: z.string() });

/** A value of a spec's `env`: text, the name of a secret, or text with secrets in it. */
export const environmentValue = z.union([
  z.string(),
  secretName,
  z.strictObject({ text: z.array(z.union([z.string(), z.number().transform(String), secretName])) }),
]);

export type EnvironmentValue = z.infer<typeof environmentValue>;
