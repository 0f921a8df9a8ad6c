import { CloudError } from './cloud-error.ts';
import type { Shape } from './service-model.ts';

/** The word that a service has for a value that its description forbids. */
export type WrongValue = 'InvalidParameterValue' | 'InvalidInput';

/** Text from the wire as what its type says: number, boolean, Date, Buffer or text. Throws where type, enum, limits or pattern forbid it. */
export function readScalar(shape: Shape, text: string, path: string, code: WrongValue): unknown {
  const refuse = (why: string): never => {
    throw new CloudError(code, `Value (${text}) for parameter ${path} is invalid. ${why}`);
  };
  switch (shape.type) {
    case 'integer':
    case 'long':
      if (!/^-?\d{1,18}$/.test(text)) return refuse('It is not a whole number.');
      return within(shape, Number(text), refuse);
    case 'float':
    case 'double':
      if (text.trim() === '' || !Number.isFinite(Number(text))) return refuse('It is not a number.');
      return within(shape, Number(text), refuse);
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : refuse('It is neither true nor false.'));
    case 'timestamp':
      return Number.isNaN(Date.parse(text)) ? refuse('It is not a time.') : new Date(text);
    case 'blob':
      return decodeBase64(text) ?? refuse('It is not base64.');
    case 'string':
      return readText(shape, text, refuse);
    default:
      throw new Error(`a value of type ${shape.type} cannot stand at ${path}`);
  }
}

/** The bytes, or undefined when the text is not exactly how they are written in base64; white space is let pass. */
export function decodeBase64(text: string): Buffer | undefined {
  const dense = text.replaceAll(/\s/g, '');
  const bytes = Buffer.from(dense, 'base64');
  return bytes.toString('base64') === dense ? bytes : undefined;
}

function within(shape: Shape, value: number, refuse: (why: string) => never): number {
  if (shape.min !== undefined && value < shape.min) return refuse(`It must be at least ${shape.min}.`);
  if (shape.max !== undefined && value > shape.max) return refuse(`It must be at most ${shape.max}.`);
  return value;
}

function readText(shape: Shape, text: string, refuse: (why: string) => never): string {
  if (shape.enum && !shape.enum.includes(text)) {
    const few = shape.enum.length <= 20 ? ` It is one of ${shape.enum.join(', ')}.` : '';
    return refuse(`It is not one of the ${shape.enum.length} values that exist.${few}`);
  }
  if (shape.min !== undefined && text.length < shape.min) return refuse(`It is shorter than ${shape.min}.`);
  if (shape.max !== undefined && text.length > shape.max) return refuse(`It is longer than ${shape.max}.`);
  if (shape.pattern !== undefined && !patternOf(shape.pattern).test(text)) {
    return refuse(`It does not match ${shape.pattern}.`);
  }
  return text;
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(`^(?:${source})$`, 'u');
  patterns.set(source, known);
  return known;
}
