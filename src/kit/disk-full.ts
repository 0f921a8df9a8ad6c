import { WizardError } from '../domain/wizard-error.ts';
import { bytesText, type DiskRoom, floorOf, roomText } from './disk-room.ts';

/** What every word of a full disk has in common. */
export const diskFullAbout = {
  code: 'disk/full',
  remedy: 'fix-setup',
  hint: "Make room on the disk of the server's data directory. It goes on by itself then.",
} as const;

/** `disk/full`, with how much is free and how much is needed: by default as much as is needed to begin anything. */
export function diskFull(doing: string, room: DiskRoom, about: { needed?: number; cause?: unknown } = {}): WizardError {
  const needed = bytesText(about.needed ?? floorOf(room));
  return new WizardError(`${doing}: the server's disk is full (${roomText(room)}; ${needed} are needed)`, {
    ...diskFullAbout,
    ...(about.cause === undefined ? {} : { cause: about.cause }),
  });
}
