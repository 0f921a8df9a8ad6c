import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { aMachineRecipe } from '../../testing/builders.ts';
import { realPart } from '../../testing/real-part.ts';
import type { MachineRecipe, MachineServiceRecipe } from './machine-recipe.ts';
import { claimedScript, machineScript } from './machine-script.ts';

const hostile = `x'"; $(touch /tmp/owned) \`id\` \\ \${HOME} #:5`;
const scriptOf = (over: Partial<MachineRecipe> = {}): string =>
  machineScript({ recipe: aMachineRecipe(over), dataVersions: { staging: 'v1' } });
const mysql = aMachineRecipe().services['mysql'] as MachineServiceRecipe;
const redis: MachineServiceRecipe = { image: hostile, port: 6379, env: {}, config: `${hostile}\n` };
const scripts: Readonly<Record<string, string>> = {
  'the seed': scriptOf(),
  'no memory disk and no services': scriptOf({ services: {}, memoryDiskMb: 0 }),
  'dumps by address and by image': scriptOf({
    services: {
      mysql: { ...mysql, data: { source: 's', from: { by: 'url', url: { secret: 'x' } } } },
      'my-sql': {
        ...mysql,
        image: 'postgres:16',
        data: { source: 's', from: { by: 'baked', repository: 'r.example/data' } },
      },
    },
  }),
  'hostile text': scriptOf({ services: { redis, mysql: { ...mysql, config: hostile } } }),
};

describe('the script of a machine', () => {
  const lint = realPart('shellcheck is not installed', spawnSync('shellcheck', ['--version']).status === 0);
  for (const [name, script] of Object.entries(scripts)) {
    test(`with ${name}, it holds no mistake that shellcheck knows`, { skip: lint }, () => {
      const seen = spawnSync('shellcheck', ['--shell=bash', '--severity=warning', '-'], {
        input: script,
        encoding: 'utf8',
      });
      assert.equal(seen.stdout, '');
      assert.equal(seen.status, 0);
    });
  }

  test('what a recipe says stays text', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wizard-script-'));
    try {
      // Only the functions are read, and the one that starts the service is asked for its configuration with a docker that tells.
      const start = /\nstart_0\(\) \{\n[\s\S]*?\n\}\n/.exec(scripts['hostile text'] ?? '')?.[0] ?? '';
      const stubs = `root=${folder}\nfolder=${folder}\nclaim=c\nforget() { :; }\npull() { :; }\nsay() { :; }\nanswers() { :; }\ndocker() { printf '%s\\n' "$@" >${folder}/words; }`;
      writeFileSync(
        join(folder, 'try.sh'),
        `set -eu\n${stubs}\n${start}\nstart_0\ncat ${folder}/redis/conf/* ${folder}/words 2>&1 || true\n`,
      );
      const seen = spawnSync('bash', [join(folder, 'try.sh')], { encoding: 'utf8' });
      assert.equal(seen.stderr, '');
      assert.ok(seen.stdout.startsWith(`${hostile}\n`), seen.stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('services that answer before their logs are followed are noticed, each time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wizard-script-'));
    try {
      const answers = /\nanswers\(\) \{[\s\S]*?\n\}\n/.exec(scripts['the seed'] ?? '')?.[0] ?? '';
      const stubs = `folder=${folder}\nclaim=c\nasked() { :; }\nsay() { echo "$*"; }\ndocker() { [ "$1" != logs ] || exec sleep 60; }`;
      const each = 'for one in {1..100}; do answers "s$one" "" 1 no; done';
      writeFileSync(join(folder, 'try.sh'), `set -euo pipefail\n${stubs}\n${answers}\n${each}\n`);
      const seen = spawnSync('bash', [join(folder, 'try.sh')], { encoding: 'utf8', timeout: 20_000 });
      assert.equal(seen.stderr, '');
      assert.equal(seen.stdout.match(/^s\d+ answers$/gm)?.length, 100);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('it carries one claim, and its secrets are none of it', () => {
    const script = claimedScript(scripts['the seed'] ?? '', 'shop-7_machine.3f9a2c1d_1');
    assert.match(script, /^claim='shop-7_machine\.3f9a2c1d_1'$/m);
    assert.ok(!script.includes('@CLAIM@'));
    assert.ok(!script.includes('plain-password'));
  });

  test('it fits into user-data as it is, and well when it is compressed', () => {
    const script = scripts['the seed'] ?? '';
    assert.ok(script.length < 16_384, `${script.length} bytes`);
    assert.ok(gzipSync(script).length < 6000);
  });

  test('a name that could be taken for something else is refused', () => {
    for (const name of ['a b', '$(id)', '-v', '..', 'A', '', 'a/b', 'x'.repeat(41)])
      assert.throws(() => scriptOf({ services: { [name]: redis } }), { code: 'recipe/bad-service-name' });
  });
});
