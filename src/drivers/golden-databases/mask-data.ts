import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WizardError } from '../../domain/wizard-error.ts';
import { openCommand } from '../../kit/dumps/open-command.ts';
import type { BakeCall } from '../../ports/data-bakes.ts';
import type { BakeRoom, Column, EngineFamily, Session, Table } from './engine-family.ts';
import type { GoldenSource, MaskRule } from './golden-source.ts';
import { ruleName } from './scan.ts';
import { withoutData } from './without-data.ts';

type Masking = readonly { readonly column: Column; readonly rule: Exclude<MaskRule, 'keep'> }[];

/** Which columns are to be masked; a rule that names none is a fault, since something goes unmasked then. */
export function maskedColumns(name: string, { mask }: GoldenSource, columns: readonly Column[]): Masking {
  const missing = Object.keys(mask).filter((rule) => !columns.some((column) => ruleName(column) === rule));
  if (missing.length > 0) {
    throw new WizardError(`masking ${name}: the data has no ${missing.join(', ')}`, {
      code: 'golden/unknown-column',
      remedy: 'fix-setup',
      hint: 'Was it renamed? Correct the rules under "mask": a column that moved is not masked.',
    });
  }
  return columns.flatMap((column) => {
    const rule = mask[ruleName(column)];
    return rule === undefined || rule === 'keep' ? [] : [{ column, rule }];
  });
}

export interface MaskAbout {
  readonly name: string;
  readonly source: GoldenSource;
  readonly database: string;
  readonly family: EngineFamily;
  readonly room: BakeRoom;
  readonly session: Session;
  readonly columns: readonly Column[];
  readonly call: BakeCall;
}

/** Masks by the rules, then by the operator's files, then writes the tables anew. No trigger may act meanwhile. */
export async function maskData(about: MaskAbout, masking: Masking): Promise<void> {
  const { source, family, session, call, columns } = about;
  if (masking.length === 0 && source.maskFiles.length === 0) return;
  for (const [, inTable] of Map.groupBy(masking, ({ column }) => family.quoted(column.table))) {
    const table = inTable[0]?.column.table;
    if (!table) continue;
    const told = inTable.map(({ column, rule }) => `${column.name} (${rule})`).join(', ');
    call.doing(`masking ${table.name}: ${told}`);
    const touched = columns.filter((one) => one.touched && family.quoted(one.table) === family.quoted(table));
    const sets = expressions(about, inTable);
    const kept = touched.map(({ name }) => name);
    await family.rewrite(session, table, sets, kept).catch((cause: unknown) => {
      call.signal.throwIfAborted();
      throw refused(about.name, inTable, cause);
    });
  }
  for (const file of source.maskFiles) {
    call.doing(`masking by ${basename(file)}`);
    await runFile(about, file);
  }
  const tables = source.maskFiles.length > 0 ? await family.tables(session) : tablesOf(family, masking);
  call.doing(`writing ${tables.length} tables anew, so that nothing is left of what was masked`);
  await family.rebuild(session, tables);
}

/** Known to nobody once the bake is over: what was hashed cannot be found out by trying names. */
const freshKey = (): string => randomBytes(16).toString('hex');
const keys = new WeakMap<Session, string>();

function expressions({ family, session, name }: MaskAbout, masking: Masking): ReadonlyMap<string, string> {
  const key = keys.get(session) ?? freshKey();
  keys.set(session, key);
  return new Map(
    masking.map(({ column, rule }) => {
      const masked = family.masked(column, rule, key);
      if ('sql' in masked) return [column.name, masked.sql] as const;
      throw new WizardError(`masking ${name}: ${ruleName(column)} by ${rule}: ${masked.not}`, {
        code: 'golden/rule-does-not-fit',
        remedy: 'fix-setup',
      });
    }),
  );
}

const refused = (name: string, masking: Masking, cause: unknown): WizardError =>
  new WizardError(
    `masking ${name}: the server refuses what the rules make of ${masking.map(({ column, rule }) => `${ruleName(column)} (${rule})`).join(', ')}`,
    {
      code: 'golden/mask-failed',
      remedy: 'fix-setup',
      hint: 'Where each value must be another one, use `hash`, or `mail` for addresses; where a constraint asks for more, SQL of your own in "mask-files".',
      cause,
    },
  );

function tablesOf(family: EngineFamily, masking: Masking): readonly Table[] {
  const tables = new Map(masking.map(({ column: { table } }) => [family.quoted(table), table]));
  return [...tables.values()];
}

async function runFile({ name, family, room, database, call }: MaskAbout, file: string): Promise<void> {
  const command = openCommand(
    family.client(room, database, 'script'),
    `running ${basename(file)}`,
    call.write,
    withoutData,
  );
  const stop = (): void => command.stop();
  call.signal.addEventListener('abort', stop, { once: true });
  command.stdout.resume();
  try {
    const [, read] = await Promise.allSettled([command.ended, pipeline(createReadStream(file), command.stdin)]);
    await command.ended;
    if (read.status === 'rejected') throw read.reason;
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new WizardError(`masking ${name} by ${basename(file)}`, {
      code: 'golden/mask-file-failed',
      remedy: 'fix-setup',
      hint: 'The last lines say which statement the server refused.',
      cause,
    });
  } finally {
    call.signal.removeEventListener('abort', stop);
    command.stop();
  }
}
