import pino from 'pino';
import { codeOf, describeError, hintOf, remedyOf } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import { prettyLine } from './pretty-line.ts';
import { redact, redactDeep } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** One JSON object a line for machines; coloured or plain columns for people. */
  readonly style: 'json' | 'pretty' | 'pretty-colour';
  readonly write: (line: string) => void;
  /** Defaults to the redactor of this process. */
  readonly redact?: (text: string) => string;
}

/** A `Log` that never throws and never lets a known secret out. */
export function createLogger(options: LoggerOptions): Log {
  const hide = options.redact ?? redact;
  const write = (line: string): void => {
    const safe = safeLine(line, hide);
    options.write(options.style === 'json' ? safe : prettyLine(safe, options.style === 'pretty-colour'));
  };
  const out = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  const at =
    (level: LogLevel) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (!out.isLevelEnabled(level)) return;
      try {
        out[level]({ event, ...plain(fields) });
      } catch (error) {
        sayItFailed(write, event, error);
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The line without known secrets, and still one JSON object. */
function safeLine(line: string, hide: (text: string) => string): string {
  if (hide(line) === line) return line;
  return `${JSON.stringify(redactDeep(JSON.parse(line) as unknown, hide))}\n`;
}

/** Errors as what they say; the stack where nobody foresaw the error. A field cannot pass itself off as the line's own. */
function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const key = ['level', 'time', 'event'].includes(name) ? `${name}_` : name;
      if (typeof value === 'bigint') return [key, String(value)];
      return [key, value instanceof Error ? errorFields(value) : value];
    }),
  );
}

function errorFields(error: Error): Record<string, unknown> {
  const unforeseen = codeOf(error) === 'unexpected/error' || remedyOf(error) === 'report-bug';
  const hint = hintOf(error);
  return {
    message: describeError(error),
    code: codeOf(error),
    ...(hint === undefined ? {} : { hint }),
    ...(unforeseen && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}

/** A field that cannot be written (a getter that throws) must not stop the work that is logged. */
function sayItFailed(write: (line: string) => void, event: string, error: unknown): void {
  const line = {
    level: 'error',
    time: new Date().toISOString(),
    event: 'log.failed',
    about: event,
    error: String(error),
  };
  try {
    write(`${JSON.stringify(line)}\n`);
  } catch (second) {
    process.emitWarning(`a log line could not be written: ${String(second)}`);
  }
}
