import { oneLine } from '../../../domain/plain-text.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { fasterThan } from '../../../kit/clone/clone-method.ts';
import { bytesText } from '../../../kit/disk-room.ts';
import { createPool } from '../../../kit/pool/create-pool.ts';
import { gigabyte } from '../../../kit/pool/pool-image.ts';
import { removePool } from '../../../kit/pool/remove-pool.ts';
import { type CloningView, viewCloning } from '../../../kit/pool/view-pool.ts';
import { type AddCommand, configOption, printJson } from '../../api-command.ts';
import { whileTelling } from '../../doing-line.ts';
import { dataDirectoryOf } from '../../find-server.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

interface CreateOptions extends Options {
  readonly size?: number;
  readonly path?: string;
  readonly sparse?: boolean;
}

export const addDataPool: AddCommand = (data, terminal) => {
  const pool = data.command('pool').description('A file system in a file, on which clones take no time and no room');
  pool
    .command('show', { isDefault: true })
    .description('Show how data is cloned on this machine, and the pool: its size, what is used and free')
    .addOption(configOption())
    .option('--json', 'print JSON, for scripts')
    .action(async ({ config, json }: Options) =>
      show(await viewCloning(await dataDirectoryOf(config)), json, terminal),
    );
  pool
    .command('create')
    .description(
      'Make a pool in the data directory and move the golden copies into it, or make it larger; as root, while the server is stopped',
    )
    .option('--size <size>', 'how large it is: 50G, 800M; its file takes all of it at once', sizeOf)
    .option('--path <folder>', 'where its file lies, such as on a larger disk')
    .option('--sparse', 'let its file take only what is used: a full disk then harms databases that run')
    .addOption(configOption())
    .option('--json', 'print JSON, for scripts')
    .action(async ({ config, json, size, path, sparse }: CreateOptions) => {
      const dataDir = await dataDirectoryOf(config);
      const { signal } = terminal;
      const before = await viewCloning(dataDir);
      const needless = !before.pool && fasterThan(before.method) === undefined;
      const said = needless
        ? `Nothing to do: the data directory clones by ${before.method} already.`
        : saidOf[
            await whileTelling(terminal, (say) => createPool(dataDir, { bytes: size, path, sparse, say, signal }))
          ];
      if (!json) terminal.out(`${terminal.paint('green', '✔')} ${said}\n`);
      show(await viewCloning(dataDir), json, terminal);
    });
  pool
    .command('remove')
    .description(
      'Move the golden copies out of the pool and delete it; as root, while the server is stopped and nothing is cloned in it',
    )
    .addOption(configOption())
    .action(async ({ config }: Options) => {
      const dataDir = await dataDirectoryOf(config);
      const { signal } = terminal;
      const was = await whileTelling(terminal, (say) => removePool(dataDir, { say, signal }));
      terminal.out(was ? `${terminal.paint('green', '✔')} The pool is gone.\n` : 'There is no pool here.\n');
    });
};

const saidOf = {
  made: 'The pool is made. Start the server: new databases are cloned in it; those that are there stay where they are.',
  grown: 'The pool is larger.',
  there: 'The pool is there.',
} as const;

function sizeOf(text: string): number {
  const [, number, unit] = /^(\d{1,6})([MGT])$/i.exec(text.trim()) ?? [];
  const bytes =
    Number(number) *
    { M: gigabyte / 1024, G: gigabyte, T: gigabyte * 1024 }[(unit ?? 'G').toUpperCase() as 'M' | 'G' | 'T'];
  if (bytes > 0) return bytes;
  throw new WizardError(`reading --size: "${oneLine(text, 40)}" is no size`, {
    code: 'cli/usage',
    remedy: 'change-input',
    hint: 'It looks like 50G or 800M.',
  });
}

function show(view: CloningView, json: boolean | undefined, terminal: Terminal): void {
  if (json) printJson(terminal, view);
  else
    terminal.out(
      linesOf(view)
        .map(([name, value]) => `${terminal.paint('dim', name.padEnd(9))} ${value}\n`)
        .join(''),
    );
}

function linesOf({ method, pool }: CloningView): (readonly [name: string, value: string])[] {
  const faster = fasterThan(method);
  const advice = faster === undefined || pool ? [] : [['', faster] as const];
  const first = [['Method', `${method}, tried just now`] as const, ...advice];
  if (!pool) return [...first, ['Pool', 'none']];
  const { path, size, used, free, onDisk, diskFree, clones, complete } = pool;
  return [
    ...first,
    ['Pool', path],
    [
      'Size',
      `${bytesText(size)}; its file takes ${bytesText(onDisk)}, and ${bytesText(diskFree)} are free on its disk`,
    ],
    ...(used === undefined || free === undefined
      ? [['Mounted', 'no; the server does it when it starts'] as const]
      : [['Used', bytesText(used)] as const, ['Free', bytesText(free)] as const]),
    ['Clones', String(clones)],
    ...(complete ? [] : [['', 'Golden copies lie outside of it: repeat `wizard data pool create`.'] as const]),
  ];
}
