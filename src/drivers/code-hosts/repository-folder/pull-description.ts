import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { WizardError } from '../../../domain/wizard-error.ts';
import { orMissing } from '../../../kit/path-kind.ts';

/** What a repository cannot say of a pull request, kept in `REPOSITORY.git/wizard/pulls/N.json`. Every field may be missing. */
const pullDescription = z.object({
  title: z.string().optional(),
  author: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
  merged: z.boolean().optional(),
  draft: z.boolean().optional(),
  labels: z.array(z.string()).optional(),
  headRef: z.string().optional(),
  baseRef: z.string().optional(),
  /** `true`, or the fork's name; `null`: the fork is gone. */
  fork: z.union([z.boolean(), z.string(), z.null()]).optional(),
  /** The last known head: what a closed pull request is told by when its ref is gone. */
  headSha: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  updatedAt: z.string().optional(),
});
export type PullDescription = z.infer<typeof pullDescription>;

const folder = 'wizard/pulls';
export const descriptionPath = (gitDir: string, number: number): string => join(gitDir, folder, `${number}.json`);

/** `undefined` when there is none; one that cannot be read is an error, since an open pull request must not look closed. */
export async function readDescription(gitDir: string, number: number): Promise<PullDescription | undefined> {
  const text = await orMissing(readFile(descriptionPath(gitDir, number), 'utf8'));
  if (text === undefined) return undefined;
  try {
    return pullDescription.parse(JSON.parse(text));
  } catch (cause) {
    throw new WizardError(`reading pull request ${number}: its description is not valid`, {
      code: 'repository-folder/bad-description',
      remedy: 'fix-setup',
      hint: `Repair or delete ${folder}/${number}.json in the repository.`,
      cause,
    });
  }
}

/** Numbers of all that are described. */
export async function describedNumbers(gitDir: string): Promise<number[]> {
  const names = (await orMissing(readdir(join(gitDir, folder)))) ?? [];
  return names.flatMap((name) => {
    const match = /^([1-9][0-9]{0,9})\.json$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
}
