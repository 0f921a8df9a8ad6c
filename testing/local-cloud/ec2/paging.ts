import { CloudError } from '../protocol/cloud-error.ts';

interface Asked {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly NextToken?: string;
}

/**
 * A page of what there is, in order. Filters apply after it, as on AWS: a page may be empty though others follow.
 * `ids` are the ones asked for by id, which AWS does not allow beside MaxResults.
 */
export function pageOf<Item>(
  all: readonly Item[],
  { MaxResults: most, NextToken: token }: Asked,
  ids: readonly string[] = [],
  limits = { min: 5, max: 1000 },
): Page<Item> {
  if (most !== undefined && ids.length > 0) {
    throw new CloudError('InvalidParameterCombination', 'The parameter MaxResults cannot be used with a list of ids');
  }
  if (most !== undefined && (most < limits.min || most > limits.max)) {
    const range = `Expecting a value between ${limits.min} and ${limits.max}.`;
    throw new CloudError('InvalidParameterValue', `Value ( ${most} ) for parameter maxResults is invalid. ${range}`);
  }
  const from = token === undefined ? 0 : placeIn(token);
  const items = all.slice(from, from + (most ?? limits.max));
  const next = from + items.length;
  return { items, ...(next < all.length ? { NextToken: Buffer.from(`page ${next}`).toString('base64url') } : {}) };
}

function placeIn(token: string): number {
  const match = /^page (\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new CloudError('InvalidParameterValue', 'Unable to parse pagination token');
  return Number(match[1]);
}
