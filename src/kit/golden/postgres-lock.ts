import type { Secret } from '../secret.ts';
import { scramVerifier } from './scram.ts';

/** The account by which we hold a server; nobody else has its password. */
export const keeperName = 'wizard_keeper';

/** Owns what the superuser owned in the data; the environment's account is a member. */
export const ownerRole = 'wizard_owner';

const outside = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";
const bySuperuser = (column: string): string => `${column} IN (SELECT oid FROM pg_roles WHERE rolsuper)`;
/** What an extension, or the column of a table, brought stays with it. */
const ownItself = (catalog: string): string =>
  `NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype IN ('a','e','i'))`;

/** One statement that hands all objects of the connected database which a superuser owns over to `ownerRole`. */
const adoptObjects = (database: string): string => `
DO $adopt$ DECLARE one text; BEGIN
  EXECUTE 'ALTER DATABASE "${database}" OWNER TO ${ownerRole}';
  FOR one IN
    SELECT format('SCHEMA %I', n.nspname) FROM pg_namespace n WHERE ${outside} AND (${bySuperuser('n.nspowner')} OR n.nspname = 'public')
    UNION ALL SELECT format('TABLE %s', o.oid::regclass) FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
      WHERE o.relkind IN ('r','p','v','m','S','f') AND ${outside} AND ${bySuperuser('o.relowner')} AND ${ownItself('pg_class')}
    UNION ALL SELECT format('ROUTINE %s', o.oid::regprocedure) FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace
      WHERE o.prokind <> 'a' AND ${outside} AND ${bySuperuser('o.proowner')} AND ${ownItself('pg_proc')}
    UNION ALL SELECT format('TYPE %s', o.oid::regtype) FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
      WHERE o.typtype IN ('e','d','r') AND ${outside} AND ${bySuperuser('o.typowner')} AND ${ownItself('pg_type')}
  LOOP EXECUTE 'ALTER ' || one || ' OWNER TO ${ownerRole}'; END LOOP;
END $adopt$`;

/** Whose members read or write files of the server, or run programs as its user, whom all servers of a machine share. */
const reachOut = "'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'";
/** Of a membership, also where somebody else granted it; before version 16 it makes no difference who. */
const grantedBy = `CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' GRANTED BY ' || m.grantor::regrole ELSE '' END`;

/**
 * Accounts of the staging server stay, since they own things, but nobody signs in as one of them. What they own is the owner's too, and
 * none of them is a member of it, as an environment's account is. What one of them might do beyond its database is taken away, since
 * the environment's account may act as each of them.
 */
const nobodyElse = `
  DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT rolname FROM pg_roles WHERE NOT rolsuper AND (rolcanlogin OR rolcreaterole OR rolreplication) LOOP
      EXECUTE format('ALTER ROLE %I NOLOGIN NOCREATEROLE NOREPLICATION PASSWORD NULL', one);
    END LOOP;
    FOR one IN SELECT format('REVOKE %s FROM %s', m.roleid::regrole, m.member::regrole) || ${grantedBy}
      FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolsuper OR r.rolname IN (${reachOut}) LOOP
      EXECUTE one || ' CASCADE';
    END LOOP;
    FOR one IN SELECT rolname FROM pg_roles
      WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%' AND rolname <> '${ownerRole}' LOOP
      EXECUTE format('REVOKE ${ownerRole} FROM %I', one);
      EXECUTE format('GRANT %I TO ${ownerRole}', one);
    END LOOP;
  END $$`;

/** In a session of the superuser in that database: from here on only the keeper signs in, where rules of access let no superuser in. */
export const lockPostgres = (database: string, keeper: Secret): string => `
  DROP ROLE IF EXISTS ${keeperName};
  CREATE ROLE ${keeperName} SUPERUSER LOGIN PASSWORD '${scramVerifier(keeper)}';
  DO $$ BEGIN CREATE ROLE ${ownerRole} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
  ${nobodyElse};
  ${database === '' ? '' : adoptObjects(database)}`;
