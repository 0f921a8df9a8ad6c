import type { DataSourceReply } from '../api/data-contract.ts';
import type { Paint } from './paint.ts';

/** How a data source stands, in a word. */
export function stateOf({ image, golden, bakes, current }: DataSourceReply): {
  word: string;
  colour: Parameters<Paint>[0];
} {
  const [last] = bakes;
  if (image === undefined && !golden) return { word: 'not baked', colour: 'dim' };
  if (last?.state === 'running') return { word: 'baking', colour: 'cyan' };
  if (last?.state === 'failed') return { word: 'failed', colour: 'red' };
  return current === undefined ? { word: 'never baked', colour: 'dim' } : { word: 'baked', colour: 'green' };
}

export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export const dataPath = (source: string, rest = ''): string => `/api/v1/data/${encodeURIComponent(source)}${rest}`;

export const savedPath = (name: string): string => `/api/v1/saved-states/${encodeURIComponent(name)}`;
