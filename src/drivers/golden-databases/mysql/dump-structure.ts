const setting = /^\/\*M?!\d+ SET .*\*\/;$/;
const marker = /^-- Dumping data for table (`.+`)$/;

/** A table that the dump makes. */
interface Made {
  readonly name: string;
  hasKey: boolean;
  isInnodb: boolean;
  isVersioned: boolean;
}

export interface DumpStructure {
  /** Answers the table, quoted, whose rows come next and may come in any order: InnoDB sorts them by their primary key. */
  hear(line: string): string | undefined;
  /** A line that needs no listening to. */
  pass(line: string): void;
  /** Whether a statement ends with the line that ends with `;`. */
  isPlain(): boolean;
  /** Statements that each client has to be told first. */
  settings(): readonly string[];
}

/** Listens to what a dump of `mysqldump` says of tables, routines and views, line by line. */
export function dumpStructure(): DumpStructure {
  let isHeader = true;
  let delimiter = ';';
  let before: readonly [string, string] = ['', ''];
  let made: Made | undefined;
  let database: string | undefined;
  const settings: string[] = [];
  const pass = (line: string): void => {
    before = [before[1], line];
  };

  function hear(line: string): string | undefined {
    if (/^-- (Table|Temporary|Current|Dumping|Sequence|Final) /.test(line)) isHeader = false;
    if (isHeader && setting.test(line)) settings.push(line);
    delimiter = /^DELIMITER (\S+)$/.exec(line)?.[1] ?? delimiter;
    // Bodies of triggers and routines may hold any line.
    if (delimiter !== ';') return undefined;
    if (/^USE `.+`;$/.test(line)) database = line;
    const name = /^CREATE TABLE (?:IF NOT EXISTS )?(`.+`) \($/.exec(line)?.[1];
    if (name !== undefined) made = { name, hasKey: false, isInnodb: false, isVersioned: false };
    if (!made) return undefined;
    made.hasKey ||= line.startsWith('  PRIMARY KEY (');
    made.isInnodb ||= /^\) ENGINE=InnoDB\b/.test(line);
    made.isVersioned ||= line.includes('SYSTEM VERSIONING');
    const isNext = marker.exec(line)?.[1] === made.name && before[0] === '' && before[1] === '--';
    return isNext && made.hasKey && made.isInnodb && !made.isVersioned ? made.name : undefined;
  }

  return {
    hear(line) {
      const table = hear(line);
      pass(line);
      return table;
    },
    pass,
    isPlain: () => delimiter === ';',
    settings: () => (database === undefined ? settings : [...settings, database]),
  };
}
