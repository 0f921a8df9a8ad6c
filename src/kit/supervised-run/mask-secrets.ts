import { createRedactor } from '../redact.ts';
import type { Secrets } from '../secret.ts';

/** Takes secrets out of what programs print. */
export interface Mask {
  apply(text: string): string;
  /** How many bytes at the end may be the beginning of a secret whose rest is still to come. */
  heldBack(bytes: Buffer): number;
}

export const noMask: Mask = { apply: (text) => text, heldBack: () => 0 };

/** Masks each secret however it is spelt; at the end of a piece, as it is. */
export function maskSecrets(secrets: Secrets): Mask {
  const redactor = createRedactor();
  for (const secret of Object.values(secrets)) redactor.add(secret);
  const texts = Object.values(secrets).map((secret) => Buffer.from(secret.reveal()));
  return {
    apply: (text) => redactor.redact(text),
    heldBack: (bytes) => Math.max(0, ...texts.map((secret) => overlap(bytes, secret))),
  };
}

/** The longest end of `bytes` that is a beginning of `secret`, but not all of it. */
function overlap(bytes: Buffer, secret: Buffer): number {
  for (let length = Math.min(bytes.length, secret.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(secret.subarray(0, length))) return length;
  }
  return 0;
}
