import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeTree } from './remove-tree.ts';

describe('deleting a directory', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wizard-remove-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const files of [3, 200]) {
    test(`with ${files} files, what is read-only and links go, and what a link leads to stays`, async () => {
      const kept = join(folder, `kept-${files}`);
      const tree = join(folder, `tree-${files}`);
      await mkdir(kept);
      await writeFile(join(kept, 'file'), 'mine');
      await mkdir(join(tree, 'deep', 'closed'), { recursive: true });
      await symlink(kept, join(tree, 'link'));
      for (let number = 0; number < files; number += 1) await writeFile(join(tree, 'deep', `${number}`), '');
      await writeFile(join(tree, 'deep', 'closed', 'file'), '');
      await chmod(join(tree, 'deep', 'closed'), 0o500);
      await removeTree(tree);
      assert.ok(!(await readdir(folder)).includes(`tree-${files}`));
      assert.deepEqual(await readdir(kept), ['file']);
    });
  }

  test('that is not there is done', () => removeTree(join(folder, 'nothing')));
});
