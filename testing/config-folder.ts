import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What wizard.example.yml asks of the environment. */
export const exampleEnv = {
  WIZARD_API_TOKEN: 'api-token',
  WIZARD_WEBHOOK_SECRET: 'webhook-secret',
  GITHUB_APP_ID: '12345',
  MAPS_KEY: 'maps-key',
  SLACK_TOKEN: 'slack-token',
};

/** A folder with these files, gone afterwards. */
export async function withFolder<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-config-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
