import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';

export type Path = readonly (string | number)[];

/** One mistake. `on: 'key'` points at the key itself rather than at its value. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly on?: 'key';
  /** Parts of the file that must be right themselves for this to be a mistake: `processes`, `data-sources.staging`. */
  readonly needs?: readonly string[];
  /** Of mistakes in the YAML itself, which have no path. */
  readonly offset?: number;
}

/** A YAML file that remembers where everything stands. */
export interface Source {
  readonly fileName: string;
  readonly lines: readonly string[];
  /** Its plain value; `undefined` when it is not YAML at all. */
  readonly value: unknown;
  /** Mistakes in the YAML itself. */
  readonly problems: readonly Problem[];
  /** Line and column of a problem, both from 1. What is missing is placed where it should be. */
  position(problem: Problem): { readonly line: number; readonly column: number };
}

const syntaxMessages: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is there twice',
  TAB_AS_INDENT: 'tabs cannot indent YAML; use spaces',
  BAD_INDENT: 'the indentation does not fit what is above',
  MISSING_CHAR: 'a closing character or a ":" is missing',
  NON_STRING_KEY: 'a key must be a plain name',
  MULTIPLE_DOCS: 'expected one document, got several',
};

export function parseSource(fileName: string, text: string): Source {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' });
  const problems = document.errors.map(syntaxProblem);
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 50 });
    } catch (error) {
      // Aliases of aliases of aliases: refused by the YAML library before they fill the memory.
      if (!(error instanceof ReferenceError)) throw error;
      problems.push({ path: [], message: 'its aliases (*name) cannot be followed', offset: 0 });
    }
  }
  return {
    fileName,
    lines: text.split(/\r?\n/),
    value,
    problems,
    position: (problem) => {
      const offset = problem.offset ?? offsetOf(document.contents, problem);
      const { line, col } = lineCounter.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

const syntaxProblem = (error: YAMLError): Problem => ({
  path: [],
  message: `this is not YAML: ${syntaxMessages[error.code] ?? error.code.toLowerCase().replaceAll('_', ' ')}`,
  offset: error.pos[0],
});

/** Where the path leads; for what is missing, the key or entry that it is missing from. */
function offsetOf(root: Node | null, problem: Problem): number {
  let at: unknown = root;
  let above = startOf(root) ?? 0;
  for (const [index, part] of problem.path.entries()) {
    if (isMap(at)) {
      const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) return above;
      above = startOf(pair.key) ?? above;
      at = pair.value;
    } else if (isSeq(at)) {
      at = at.items[Number(part)];
      above = startOf(at) ?? above;
    }
    // What an alias stands for is somewhere else: the mistake shows where it is used.
    if (isAlias(at)) return startOf(at) ?? above;
    const isLast = index === problem.path.length - 1;
    if (isLast && problem.on !== 'key' && isScalar(at)) return startOf(at) ?? above;
  }
  return above;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
