import type { EngineFamily } from './engine-family.ts';
import type { Engine } from './golden-source.ts';
import { mysqlChanging } from './mysql/mysql-changes.ts';
import { mysqlReading } from './mysql/mysql-columns.ts';
import { quotedName, quotedTable } from './mysql/mysql-names.ts';
import { mysqlServer } from './mysql/mysql-server.ts';
import { lockData } from './postgres/lock-postgres.ts';
import { postgresChanging } from './postgres/postgres-changes.ts';
import { postgresReading } from './postgres/postgres-columns.ts';
import * as postgresNames from './postgres/postgres-names.ts';
import { postgresServer } from './postgres/postgres-server.ts';

export const familyOf = (engine: Engine): EngineFamily =>
  engine === 'postgres'
    ? {
        ...postgresServer,
        ...postgresReading,
        ...postgresChanging,
        lock: lockData,
        quoted: postgresNames.quotedTable,
        column: postgresNames.quotedName,
      }
    : { ...mysqlServer(engine), ...mysqlReading, ...mysqlChanging, quoted: quotedTable, column: quotedName };
