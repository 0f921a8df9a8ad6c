import { cpus, release, totalmem, type } from 'node:os';

/** What the numbers were measured on; nothing that tells whose machine it is. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  kernel: `${type()} ${release()}`,
});
