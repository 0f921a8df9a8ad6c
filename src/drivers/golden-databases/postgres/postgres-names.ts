import type { Table } from '../engine-family.ts';

export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quotedTable = ({ schema, name }: Table): string => `${quotedName(schema)}.${quotedName(name)}`;
export const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
