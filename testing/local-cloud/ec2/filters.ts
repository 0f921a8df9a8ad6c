import type { Filter } from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';

/** Values of an item by the name of a filter; what is not in it is no filter of this listing. */
export type Filterable = Readonly<Record<string, readonly (string | undefined)[]>>;

/** Whether an item passes all filters: of one filter's values any may fit, with `*` and `?` as wildcards. */
export function passes(
  filters: readonly Filter[] | undefined,
  values: Filterable,
  tags?: ReadonlyMap<string, string>,
): boolean {
  return (filters ?? []).every(({ Name: name = '', Values: wanted = [] }) => {
    if (wanted.length === 0) throw new CloudError('InvalidParameterValue', `The filter '${name}' has no values`);
    const found =
      name.startsWith('tag:') && tags
        ? [tags.get(name.slice(4))]
        : { 'tag-key': [...(tags?.keys() ?? [])], ...values }[name];
    if (found === undefined) throw new CloudError('InvalidParameterValue', `The filter '${name}' is invalid`);
    return wanted.some((pattern) => found.some((value) => value !== undefined && wildcard(pattern).test(value)));
  });
}

/** Refuses filters that this listing does not have, also when there is nothing to filter. */
export function refuseUnknownFilters(
  filters: readonly Filter[] | undefined,
  names: readonly string[],
  tagged = true,
): void {
  for (const { Name: name = '' } of filters ?? []) {
    if (names.includes(name) || (tagged && (name.startsWith('tag:') || name === 'tag-key'))) continue;
    throw new CloudError('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`);
}
