import { statfs } from 'node:fs/promises';

/** What is free on a disk, in bytes. */
export interface DiskRoom {
  readonly free: number;
  readonly total: number;
  /** Files that can still be made; missing where the file system sets no limit. */
  readonly files: number | undefined;
}

const megabyte = 1024 ** 2;
/** A disk without a handful of free files is as full as one without room. */
const fewFiles = 16;

export async function roomAt(path: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize, files, ffree } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize, files: files === 0 ? undefined : ffree };
}

/** With less than this nothing that takes room is begun: 256 MB, or an eighth of a small disk. */
export const floorOf = ({ total }: Pick<DiskRoom, 'total'>): number => Math.min(256 * megabyte, total / 8);

/** What is held back for writing down that the disk is full: 64 MB, or a sixteenth of a small disk. */
export const reserveOf = ({ total }: Pick<DiskRoom, 'total'>): number =>
  Math.floor(Math.min(64 * megabyte, total / 16) / megabyte) * megabyte;

/** Next to nothing is left: what goes wrong now goes wrong for want of room. */
export const isFull = ({ free, total, files }: DiskRoom): boolean =>
  free < Math.min(16 * megabyte, total / 16) || (files ?? fewFiles) < fewFiles;

export const isBelowFloor = (room: DiskRoom): boolean => isFull(room) || room.free < floorOf(room);

/** `3.2 MB`, `12.0 GB` */
export const bytesText = (bytes: number): string =>
  bytes < 1024 * megabyte ? `${(bytes / megabyte).toFixed(1)} MB` : `${(bytes / (1024 * megabyte)).toFixed(1)} GB`;

/** `3.2 MB of 61.0 MB are free`, and where it is that, that no more files can be made. */
export function roomText({ free, total, files }: DiskRoom): string {
  const inodes = (files ?? fewFiles) < fewFiles ? ', and no more files can be made' : '';
  return `${bytesText(free)} of ${bytesText(total)} are free${inodes}`;
}
