import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
} from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { isListed } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';
import { passes, refuseUnknownFilters } from './filters.ts';
import { findInstances } from './find-instances.ts';
import { pageOf } from './paging.ts';
import { addTags } from './tags.ts';

export function createTags(state: Ec2State, { Resources: ids, Tags: tags = [] }: CreateTagsRequest): object {
  const all = tagsOf(state, ids ?? []);
  // All or none: a copy takes the tags first.
  for (const one of all) addTags(new Map(one), tags);
  for (const one of all) addTags(one, tags);
  return {};
}

/** Without a value the tag goes whatever it is; with one only when it is that. Without tags all go. */
export function deleteTags(state: Ec2State, { Resources: ids, Tags: tags }: DeleteTagsRequest): object {
  for (const one of tagsOf(state, ids ?? [])) {
    if (tags === undefined) one.clear();
    for (const { Key = '', Value } of tags ?? []) if (Value === undefined || one.get(Key) === Value) one.delete(Key);
  }
  return {};
}

export function describeTags(state: Ec2State, request: DescribeTagsRequest): DescribeTagsResult {
  refuseUnknownFilters(request.Filters, ['key', 'value', 'resource-id', 'resource-type']);
  const instances = state.instances.filter((one) => isListed(state, one));
  const resources = [
    ...instances.map(({ id, tags }) => ({ id, tags, type: 'instance' as const })),
    ...[...state.volumes.values()].map(({ id, tags }) => ({ id, tags, type: 'volume' as const })),
  ];
  const all = resources.flatMap(({ id, tags, type }) =>
    [...tags].map(([key, value]) => ({ id, tags, type, key, value })),
  );
  const { items, ...next } = pageOf(all, request);
  const found = items.filter(({ id, tags, type, key, value }) =>
    passes(request.Filters, { key: [key], value: [value], 'resource-id': [id], 'resource-type': [type] }, tags),
  );
  const Tags = found.map(({ id, type, key, value }) => ({
    ResourceId: id,
    ResourceType: type,
    Key: key,
    Value: value,
  }));
  return { Tags, ...next };
}

function tagsOf(state: Ec2State, ids: readonly string[]): Map<string, string>[] {
  return ids.map((id) => {
    if (id.startsWith('i-')) return findInstances(state, [id])[0]?.tags ?? new Map<string, string>();
    const volume = state.volumes.get(id);
    if (volume) return volume.tags;
    if (id.startsWith('vol-')) throw new CloudError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
    throw new CloudError('InvalidID', `The ID '${id}' is not valid`);
  });
}
