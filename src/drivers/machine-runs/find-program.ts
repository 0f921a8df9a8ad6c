import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { plainEnvironment } from '../../kit/run-command.ts';

/** Where the server's PATH has a program; `undefined`: nowhere. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (plainEnvironment()['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** Throws `machine-run/no-program` when a program that is named without a path is not on this machine. */
export async function needProgram(name: string): Promise<void> {
  if (name.includes('/') || (await findProgram(name)) !== undefined) return;
  throw new WizardError(`starting ${name}: it is not installed where the server runs`, {
    code: 'machine-run/no-program',
    remedy: 'fix-setup',
    hint: `Install ${name} there, or put its directory into the PATH of the server.`,
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
    throw error;
  }
}
