import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generatedFiles } from '../src/config/generated-files.ts';

// Writes every generated file; with --check it only says which are not current.
const root = new URL('../', import.meta.url);
const checkOnly = process.argv.includes('--check');
const stale: string[] = [];

for (const [path, text] of Object.entries(await generatedFiles(root))) {
  const url = new URL(path, root);
  const present = await readFile(url, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (present === text) continue;
  stale.push(path);
  if (checkOnly) continue;
  await mkdir(dirname(url.pathname), { recursive: true });
  await writeFile(url, text);
}

if (stale.length > 0) console.log(`${checkOnly ? 'not current' : 'written'}: ${stale.join(', ')}`);
if (checkOnly && stale.length > 0) {
  console.log('run: node scripts/generate.ts');
  process.exitCode = 1;
}
