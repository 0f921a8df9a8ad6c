import { dumpStructure } from './dump-structure.ts';

/** A piece of a dump, and who may run it. Together, and in this order, they are the dump, but for its locks. */
export interface DumpPiece {
  /** `one`: the first client, when all before is done. `any`: a part of an `INSERT`, which any client may run meanwhile. */
  readonly to: 'one' | 'any';
  readonly bytes: Buffer;
  /** Of `any`: whether a statement begins with it. */
  readonly begins: boolean;
}

export interface DumpSplitter {
  take(chunk: Buffer): readonly DumpPiece[];
  /** What was held back, when there is no more. */
  rest(): readonly DumpPiece[];
  /** What each client has to be told first: character set, time zone and the like, and the database that was chosen. */
  settings(): string;
}

const beginning = /^(\/\*M?!999999[^\n]*\n)?-- (MySQL|MariaDB) dump /;
const beginningBytes = 200;
/** As much of a line says what it is; names have at most 64 letters. */
const headBytes = 512;
const semicolon = 0x3b;
const lineEnd = 10;

/** Each client commits by itself and locks nothing: they would wait for each other. */
const left = [
  /^(UN)?LOCK TABLES( `.+` WRITE)?;$/,
  /^(set autocommit=0|commit);$/i,
  /^SET (@OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0|AUTOCOMMIT=@OLD_AUTOCOMMIT);$/,
];
const keys = /^\/\*!40000 ALTER TABLE `.+` (DIS|EN)ABLE KEYS \*\/;$/;

/**
 * Takes a dump of `mysqldump` or `mariadb-dump` apart as it comes, holding no more than a line's beginning: they write no line end within
 * a value. What is no such dump, or not as they write it, is all for one.
 */
export function dumpSplitter(): DumpSplitter {
  const lines = dumpLines();
  let isKnown: boolean | undefined;
  let rest: Buffer = Buffer.alloc(0);

  function read(chunk: Buffer, isLast: boolean): readonly DumpPiece[] {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = all;
    if (isKnown === undefined && all.length < beginningBytes && !isLast) return [];
    isKnown ??= beginning.test(all.toString('latin1', 0, beginningBytes));
    rest = Buffer.alloc(0);
    if (!isKnown) return all.length === 0 ? [] : [{ to: 'one', bytes: all, begins: false }];
    const { pieces, at } = lines.read(all, isLast);
    rest = Buffer.from(all.subarray(at));
    return pieces;
  }

  return {
    take: (chunk) => read(chunk, false),
    rest: () => read(Buffer.alloc(0), true),
    settings: () =>
      lines
        .settings()
        .map((line) => `${line}\n`)
        .join(''),
  };
}

/** `text`: structure, routines, views. `data`: around the rows of a table. `rows`: within an `INSERT`. `line`: within a long line. */
type Mode = 'text' | 'data' | 'rows' | 'line';

function dumpLines() {
  const structure = dumpStructure();
  let mode: Mode = 'text';
  let table: string | undefined;
  let statements = 0;
  let begins = false;
  let pieces: DumpPiece[] = [];

  function give(to: DumpPiece['to'], all: Buffer, from: number, end: number): void {
    if (end > from) pieces.push({ to, bytes: all.subarray(from, end), begins: to === 'any' && begins });
  }

  /** Rows up to the end of their statement, or of what is there; answers where that is. */
  function rows(all: Buffer, from: number, isLast: boolean): number {
    const end = all.indexOf(';\n', from);
    const stop = end >= 0 ? end + 2 : all.length - (all.at(-1) === semicolon && !isLast ? 1 : 0);
    // The first statement fills an empty table, which InnoDB locks for that.
    give(statements > 1 ? 'any' : 'one', all, from, stop);
    begins &&= stop === from;
    if (end >= 0) mode = table === undefined ? 'text' : 'data';
    return stop;
  }

  /** Whether a line stays. */
  function listen(line: string): boolean {
    const isQuiet = mode === 'data' && (line === '' || keys.test(line) || (line === '--' && statements === 0));
    const isLeft = mode === 'data' && left.some((pattern) => pattern.test(line));
    if (isQuiet || isLeft) {
      structure.pass(line);
      return !isLeft;
    }
    table = structure.hear(line);
    mode = table === undefined ? 'text' : 'data';
    statements = 0;
    return true;
  }

  /** Those that are for one alone need no listening to either. */
  const isInsert = (line: string): boolean =>
    mode === 'data'
      ? ['VALUES', '('].some((word) => line.startsWith(`INSERT INTO ${table} ${word}`))
      : structure.isPlain() && line.startsWith('INSERT INTO ');

  /** The next line, or what is there of it; answers where it ends, or where it begins when too little is there to tell. */
  function line(all: Buffer, from: number, isLast: boolean): number {
    const end = all.indexOf(lineEnd, from);
    const stop = end < 0 ? all.length : end + 1;
    if (mode === 'line') {
      give('one', all, from, stop);
      if (end >= 0) mode = 'text';
      return stop;
    }
    if (end < 0 && all.length - from < headBytes && !isLast) return from;
    const head = all.toString('latin1', from, Math.min(end < 0 ? all.length : end, from + headBytes));
    if (isInsert(head)) {
      mode = 'rows';
      statements += table === undefined ? 0 : 1;
      begins = true;
      return rows(all, from, isLast);
    }
    if (listen(head)) give('one', all, from, stop);
    if (end < 0) mode = 'line';
    return stop;
  }

  return {
    settings: structure.settings,
    /** Answers what it could tell, and from where on it could not. */
    read(all: Buffer, isLast: boolean): { readonly pieces: readonly DumpPiece[]; readonly at: number } {
      pieces = [];
      let at = 0;
      for (let next = -1; at < all.length; at = next) {
        next = mode === 'rows' ? rows(all, at, isLast) : line(all, at, isLast);
        if (next === at) break;
      }
      return { pieces, at };
    },
  };
}
