import type { Tag } from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';

const mostTags = 50;

/** Adds tags by EC2's rules: 50 at most, keys of 1–128 characters that are not AWS's own, values up to 256. */
export function addTags(to: Map<string, string>, tags: readonly Tag[]): void {
  const keys = tags.map(({ Key }) => Key ?? '');
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw wrong(`Duplicate tag key '${twice}' specified.`);
  for (const { Key: key = '', Value: value = '' } of tags) {
    if (key === '') throw wrong("Tag key can't be empty.");
    if (key.length > 128) throw wrong('Tag key exceeds the maximum length of 128 characters');
    if (value.length > 256) throw wrong('Tag value exceeds the maximum length of 256 characters');
    if (/^aws:/i.test(key)) throw wrong("Tag keys starting with 'aws:' are reserved for internal use");
  }
  if (new Set([...to.keys(), ...keys]).size > mostTags) {
    throw new CloudError('TagLimitExceeded', `A resource can have ${mostTags} tags at most.`);
  }
  for (const { Key: key = '', Value: value = '' } of tags) to.set(key, value);
}

export const showTags = (tags: ReadonlyMap<string, string>): Tag[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

const wrong = (message: string): CloudError => new CloudError('InvalidParameterValue', message);
