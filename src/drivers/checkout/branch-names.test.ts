import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { anEnvironment, aPullRequest, aRecipe } from '../../../testing/builders.ts';
import { checkoutWorld } from '../../../testing/checkout-world.ts';
import { planOf } from '../../domain/plan.ts';
import { processesParts } from '../../domain/processes-plan.ts';
import type { RepositoryId } from '../../domain/pull-request.ts';
import { commitFiles } from '../../kit/commit-files.ts';

/** Every git that is run while `work` goes on, with all of its arguments: one a line. */
async function gitsOf(directory: string, work: () => Promise<unknown>): Promise<string> {
  const said = join(directory, 'said');
  const programs = join(directory, 'programs');
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  await mkdir(programs);
  const script = `#!/bin/sh\nprintf '%s ' "$@" >> ${said}\nprintf '\\n' >> ${said}\nexec ${git} "$@"\n`;
  await writeFile(join(programs, 'git'), script, { mode: 0o755 });
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = `${programs}:${path}`;
  try {
    await work();
  } finally {
    process.env['PATH'] = path;
  }
  return readFile(said, 'utf8');
}

test('the branch of a pull request never reaches git, not even one that git would run a program for', async () => {
  await using world = await checkoutWorld();
  const proof = join(world.directory, 'proof');
  // A name that git allows, and that a shell would take apart.
  const headRef = `--upload-pack=touch\${IFS}${proof};git-upload-pack`;
  const headSha = await commitFiles(world.gitDir, { ref: `refs/heads/${headRef}`, files: { 'a.txt': 'a' } });
  const pull = aPullRequest({ headRef, headSha });
  const repository = { id: String(world.spec['repositoryId']) as RepositoryId, name: 'acme/shop' };
  const environment = anEnvironment({ repository, number: pull.number, pull });
  const input = { environment, recipe: aRecipe(), sha: headSha, trusted: true, urls: {}, dataVersions: {} };
  const planned = planOf(processesParts(input)).find(({ kind }) => kind === 'checkout');
  assert.ok(planned);
  const gits = await gitsOf(world.directory, () => world.made(planned.spec));
  assert.match(gits, new RegExp(`^fetch .*${headSha}`, 'm'));
  assert.doesNotMatch(gits, /touch/);
  assert.equal(existsSync(proof), false);
});
