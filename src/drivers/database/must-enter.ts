import { WizardError } from '../../domain/wizard-error.ts';
import { closedFolder, openFolderHint, type SystemOwner } from '../../kit/closed-folder.ts';

/** Throws `database/closed-folder` when the user that a server runs as cannot walk to its data. */
export async function mustEnter(folder: string, owner: SystemOwner): Promise<void> {
  const closed = await closedFolder(folder, owner);
  if (closed === undefined) return;
  throw new WizardError(`starting a database server: its user (${owner.uid}) may not enter ${closed}`, {
    code: 'database/closed-folder',
    remedy: 'fix-setup',
    hint: openFolderHint(closed),
  });
}
