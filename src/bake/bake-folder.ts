import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../kit/path-kind.ts';
import { removeTree } from '../kit/remove-tree.ts';
import { writeWhole } from '../kit/write-whole.ts';
import type { LogPiece } from '../ports/resource-driver.ts';
import { type BakeRecord, parseRecord } from './bake-record.ts';

const pieceBytes = 64 * 1024;

export type BakeFolder = ReturnType<typeof bakeFolder>;

/** `DATA/bakes/SOURCE/`: a folder for each try, with `record.json` and `log`; and since when the schedule is known. */
export function bakeFolder(dataDir: string, source: string) {
  const root = join(dataDir, 'bakes', source);
  const recordOf = (id: string): string => join(root, id, 'record.json');
  const scheduleFile = join(root, 'schedule.json');

  return {
    /** Newest first. */
    async records(): Promise<BakeRecord[]> {
      const names = ((await orMissing(readdir(root))) ?? []).filter((name) => /^\d{8}T\d{6}Z(-\d+)?$/.test(name));
      const texts = await Promise.all(names.map((name) => orMissing(readFile(recordOf(name), 'utf8'))));
      return texts
        .flatMap((text) => (text === undefined ? [] : (parseRecord(text) ?? [])))
        .sort((a, b) => b.startedAt - a.startedAt || (b.id > a.id ? 1 : -1));
    },
    async write(record: BakeRecord): Promise<void> {
      await mkdir(join(root, record.id), { recursive: true });
      await writeWhole(recordOf(record.id), `${JSON.stringify(record)}\n`);
    },
    remove: (id: string): Promise<void> => removeTree(join(root, id)),
    logPath: (id: string): string => join(root, id, 'log'),
    /** Since when this schedule counts: its times before that were never promised. */
    async scheduledSince(schedule: string, now: number): Promise<number> {
      const known = await orMissing(readFile(scheduleFile, 'utf8'));
      const [same, since] = known?.split('\n') ?? [];
      if (same === schedule && Number(since) <= now) return Number(since);
      await mkdir(root, { recursive: true });
      await writeWhole(scheduleFile, `${schedule}\n${now}\n`);
      return now;
    },
    /** Whole lines from there on. `undefined`: there is no log. */
    async readLog(id: string, from: number): Promise<LogPiece | undefined> {
      const file = await orMissing(open(join(root, id, 'log'), 'r'));
      if (!file) return undefined;
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, from);
        const end = buffer.lastIndexOf(10, bytesRead - 1) + 1 || bytesRead;
        const piece = buffer.subarray(0, bytesRead === 0 ? 0 : end);
        return { text: piece.toString(), next: from + piece.length };
      } finally {
        await file.close();
      }
    },
  };
}
