import { isIPv4, isIPv6 } from 'node:net';
import type { RRType } from '@aws-sdk/client-route-53';
import { canonicalName, wrongName } from './record-names.ts';

const problem = (code: string, words: string, value: string): string =>
  `Invalid Resource Record: 'FATAL problem: ${code} (${words}) encountered with '${value}''`;

/** What is wrong with a value of this type, in Route 53's words. AWS's description says only that it is text. */
export function wrongValue(type: RRType, value: string): string | undefined {
  switch (type) {
    case 'A':
      return isIPv4(value)
        ? undefined
        : problem('ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address', value);
    case 'AAAA':
      return isIPv6(value) && !value.includes('%')
        ? undefined
        : problem('AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address', value);
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return wrongTarget(type, value);
    case 'TXT':
    case 'SPF':
      return wrongText(value);
    default:
      return wrongFields(type, value);
  }
}

function wrongTarget(type: string, value: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(value) || wrongName(canonicalName(value)) !== undefined) {
    return problem(`${type}RRDATAIllegalDomainName`, 'Value is not a valid domain name', value);
  }
  return undefined;
}

/** Strings in double quotes, each of at most 255 characters, with blanks between; `\"`, `\\` and `\ooo` inside. */
function wrongText(value: string): string | undefined {
  if (value.length > 4000) return problem('CharacterStringTooLong', 'String is too long', `${value.slice(0, 40)}…`);
  if (!/^"(?:[^"\\\n]|\\\d{3}|\\[^\d])*"(?:[ \t]+"(?:[^"\\\n]|\\\d{3}|\\[^\d])*")*$/.test(value)) {
    return problem('InvalidCharacterString', 'Value should be enclosed in quotation marks', value);
  }
  const strings = [...value.matchAll(/"((?:[^"\\]|\\\d{3}|\\[^\d])*)"/g)].map(([, inner = '']) => inner);
  const long = strings.some((inner) => inner.replaceAll(/\\(?:\d{3}|.)/g, 'x').length > 255);
  return long ? problem('CharacterStringTooLong', 'String is too long', `${value.slice(0, 40)}…`) : undefined;
}

/** Kinds of fields of the other types: `number` up to 65535, a name, anything. */
const fields: Partial<Record<RRType, readonly ('number' | 'name' | 'any')[]>> = {
  MX: ['number', 'name'],
  SRV: ['number', 'number', 'number', 'name'],
  CAA: ['number', 'any', 'any'],
};

function wrongFields(type: RRType, value: string): string | undefined {
  const kinds = fields[type];
  const words = value.trim().split(/\s+/);
  const fits =
    kinds === undefined
      ? value.trim() !== ''
      : words.length === kinds.length &&
        kinds.every((kind, index) => {
          const word = words[index] ?? '';
          if (kind === 'number') return /^\d+$/.test(word) && Number(word) <= 65_535;
          return kind === 'any' || wrongTarget(type, word) === undefined;
        });
  return fits ? undefined : problem(`${type}RRDATANotValid`, 'Value does not have the fields of its type', value);
}
