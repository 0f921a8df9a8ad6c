import { WizardError } from '../../domain/wizard-error.ts';
import type { Engine } from './database-spec.ts';

/**
 * Settings that a recipe may make. Recipes come with pull requests, so what names a file, a program or an address is not among them:
 * a server could be told to read or overwrite another environment's data, or to run a command.
 */
const allowed: Readonly<Record<'mysql' | 'postgres', readonly RegExp[]>> = {
  mysql: [
    /^(sql-mode|character-set-server|collation-server|default-time-zone|default-storage-engine|lower-case-table-names)$/,
    /^(event-scheduler|local-infile|explicit-defaults-for-timestamp|autocommit|skip-character-set-client-handshake)$/,
    /^(log-bin-trust-function-creators|group-concat-max-len|max-allowed-packet|max-connections|max-prepared-stmt-count)$/,
    /^((transaction|tx)-isolation|(wait|interactive|lock-wait|net-read|net-write|connect)-timeout|thread-stack)$/,
    /^((sort|join|read|read-rnd)-buffer-size|tmp-table-size|max-heap-table-size|tmp-memory-table-size|query-cache-(type|size))$/,
    /^(optimizer-[a-z-]+|ft-(min|max)-word-len|innodb-ft-[a-z-]*(size|len|stopword)|long-query-time|performance-schema)$/,
    /^(innodb-(lock-wait-timeout|strict-mode|large-prefix|default-row-format|file-format|autoinc-lock-mode|stats-[a-z-]+))$/,
  ],
  postgres: [
    /^(timezone|datestyle|intervalstyle|bytea_output|xmloption|client_encoding|lc_(messages|monetary|numeric|time))$/i,
    /^(work_mem|maintenance_work_mem|temp_buffers|effective_cache_size|max_connections|max_locks_per_transaction)$/,
    /^(max_prepared_transactions|max_stack_depth|max_parallel_workers(_per_gather)?|max_worker_processes)$/,
    /^((statement|lock|deadlock|idle_in_transaction_session|idle_session)_timeout|default_transaction_[a-z_]+|jit|geqo)$/,
    /^(enable_[a-z_]+|(seq|random)_page_cost|cpu_[a-z_]+_cost|default_statistics_target|autovacuum|standard_conforming_strings)$/,
    /^(search_path|default_text_search_config|row_security|track_[a-z_]+|log_min_duration_statement|log_statement)$/,
  ],
};

const plainValue = /^[A-Za-z0-9_+.,:/@ "'$-]{0,500}$/;

/** The settings by the names that the server's command line knows; throws `database/setting-refused`. */
export function allowedSettings(engine: Engine, settings: Readonly<Record<string, string>>): [string, string][] {
  const family = engine === 'postgres' ? 'postgres' : 'mysql';
  return Object.entries(settings).map(([given, value]) => {
    const name = family === 'mysql' ? given.toLowerCase().replaceAll('_', '-') : given;
    if (allowed[family].some((pattern) => pattern.test(name)) && plainValue.test(value)) return [name, value];
    throw new WizardError(`setting ${given} of the database server: a recipe may not set it, or not to this value`, {
      code: 'database/setting-refused',
      remedy: 'change-input',
      hint: 'Take it out of the recipe. Settings that name files, programs or addresses are the operator’s.',
    });
  });
}
