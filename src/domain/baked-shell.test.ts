import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bakedShell } from './baked-shell.ts';

/** What is run in the container of the service. */
const accounts = /<<'END'\n([\s\S]*)\nEND\n/.exec(bakedShell(70))?.[1] ?? '';

/** The SQL that a client of this version is given, a statement a line; `status` is what that client ends with. */
function sqlFor(version: string, env: Readonly<Record<string, string>>, status = 0): { sql: string[]; status: number } {
  const folder = mkdtempSync(join(tmpdir(), 'wizard-accounts-'));
  const client = `#!/bin/sh\ncase "$*" in *version*) echo '${version}' ;; *) cat >${folder}/sql; exit ${status} ;; esac\n`;
  try {
    const name = version.includes('Maria') ? 'mariadb' : 'mysql';
    writeFileSync(join(folder, name), client, { mode: 0o755 });
    const path = `${folder}:/usr/bin:/bin`;
    // A client of this machine must not be taken for one of the container.
    const hidden = accounts.replace('command -v mariadb', `test -e ${folder}/mariadb`);
    const seen = spawnSync('sh', ['-e'], { input: hidden, encoding: 'utf8', env: { PATH: path, ...env } });
    assert.equal(seen.stderr, '');
    const sql = readFileSync(join(folder, 'sql'), 'utf8').trimEnd().split('\n');
    return { sql, status: seen.status ?? -1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const usual = { MYSQL_ROOT_PASSWORD: 'root word', MYSQL_DATABASE: 'shop', MYSQL_USER: 'app', MYSQL_PASSWORD: 'word' };
const plain = "SET SESSION sql_mode = '';";

describe('accounts of a service on baked data', () => {
  for (const version of ['8.0.36', '10.11.6-MariaDB-1', '9.1.0']) {
    test(`${version} makes and changes users by name`, () => {
      assert.deepEqual(sqlFor(version, usual).sql, [
        plain,
        'CREATE DATABASE IF NOT EXISTS `shop`;',
        "CREATE USER IF NOT EXISTS 'app'@'%';",
        "ALTER USER 'app'@'%' IDENTIFIED BY 'word';",
        "GRANT ALL ON `shop`.* TO 'app'@'%' ;",
        "CREATE USER IF NOT EXISTS 'root'@'%';",
        "ALTER USER 'root'@'%' IDENTIFIED BY 'root word';",
        "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;",
        "CREATE USER IF NOT EXISTS 'root'@'localhost';",
        "ALTER USER 'root'@'localhost' IDENTIFIED BY 'root word';",
        "GRANT ALL ON *.* TO 'root'@'localhost' WITH GRANT OPTION;",
      ]);
    });
  }

  test('MySQL 5 makes them by its grants', () => {
    assert.deepEqual(sqlFor('5.6.51', usual).sql, [
      plain,
      'CREATE DATABASE IF NOT EXISTS `shop`;',
      "GRANT ALL ON `shop`.* TO 'app'@'%' IDENTIFIED BY 'word' ;",
      "GRANT ALL ON *.* TO 'root'@'%' IDENTIFIED BY 'root word' WITH GRANT OPTION;",
      "GRANT ALL ON *.* TO 'root'@'localhost' IDENTIFIED BY 'root word' WITH GRANT OPTION;",
    ]);
  });

  test('whatever stands in a name or a password is text', () => {
    const password = `it's "a" \\ $(id) \`id\` %s \\n;--`;
    const { sql } = sqlFor('5.6.51', { MYSQL_DATABASE: 'a`b', MYSQL_USER: "o'shop", MYSQL_PASSWORD: password });
    assert.deepEqual(sql, [
      plain,
      'CREATE DATABASE IF NOT EXISTS `a``b`;',
      `GRANT ALL ON \`a\`\`b\`.* TO 'o''shop'@'%' IDENTIFIED BY 'it''s "a" \\\\ $(id) \`id\` %s \\\\n;--' ;`,
    ]);
  });

  test('the host that root may come from is kept to', () => {
    const local = sqlFor('5.6.51', { MYSQL_ROOT_PASSWORD: 'r', MYSQL_ROOT_HOST: 'localhost' }).sql;
    assert.deepEqual(local.slice(1), [
      "DROP USER 'root'@'%';",
      "GRANT ALL ON *.* TO 'root'@'localhost' IDENTIFIED BY 'r' WITH GRANT OPTION;",
    ]);
    const one = sqlFor('5.6.51', { MYSQL_ROOT_PASSWORD: 'r', MYSQL_ROOT_HOST: '10.0.0.5' }).sql;
    assert.match(one[2] ?? '', /'root'@'10\.0\.0\.5'/);
  });

  test('names of MariaDB count as those of MySQL do, and come first', () => {
    const env = {
      MARIADB_ROOT_PASSWORD: 'new',
      MYSQL_ROOT_PASSWORD: 'old',
      MARIADB_USER: 'app',
      MARIADB_PASSWORD: 'w',
    };
    const text = sqlFor('11.4.2-MariaDB', env).sql.join('\n');
    assert.match(text, /'root'@'localhost' IDENTIFIED BY 'new'/);
    assert.match(text, /GRANT USAGE ON \*\.\* TO 'app'@'%'/);
    assert.doesNotMatch(text, /old/);
  });

  test('root gets no password only where that was asked for; made up by chance it stays as it is', () => {
    const empty = sqlFor('8.0.36', { MYSQL_ALLOW_EMPTY_PASSWORD: 'yes' }).sql.join('\n');
    assert.match(empty, /'root'@'localhost' IDENTIFIED BY ''/);
    assert.deepEqual(sqlFor('8.0.36', { MYSQL_RANDOM_ROOT_PASSWORD: 'yes' }).sql, [plain]);
  });

  test('what the server refuses is a failure', () => {
    assert.equal(sqlFor('8.0.36', usual).status, 0);
    assert.equal(sqlFor('8.0.36', usual, 1).status, 1);
  });
});
