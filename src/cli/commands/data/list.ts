import { type DataSourceReply, dataSourceList, type GoldenCopyReply } from '../../../api/data-contract.ts';
import { durationText } from '../../../domain/duration-text.ts';
import { oneLine } from '../../../domain/plain-text.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../../api-command.ts';
import { bytesText, stateOf } from '../../data-words.ts';
import { shortAge } from '../../phase-words.ts';
import { table } from '../../table.ts';
import type { Terminal } from '../../terminal.ts';

export const addDataList: AddCommand = (data, terminal) => {
  withServer(data.command('list').alias('ls'))
    .argument('[source]', 'only this one, with each of its bakes')
    .description('List data sources: versions, ages, sizes, and when they are baked next')
    .option('-q, --quiet', 'print names only')
    .action(async (name: string | undefined, options: ApiOptions & { readonly quiet?: boolean }) => {
      const client = await connect(options, terminal);
      const page = await client.get(dataSourceList, '/api/v1/data');
      const sources = page.sources.filter((source) => name === undefined || source.name === name);
      // The server says which there are.
      if (name !== undefined && sources.length === 0) await client.text(`/api/v1/data/${encodeURIComponent(name)}`);
      if (options.json) return printJson(terminal, { sources });
      if (options.quiet) return terminal.out(sources.map((source) => `${source.name}\n`).join(''));
      if (sources.length === 0) return terminal.err('wizard.yml has no "data-sources".\n');
      terminal.out(
        name === undefined
          ? listed(sources, terminal)
          : sources.map((one) => bakesOf(one, terminal) + copiesOf(one, terminal)).join(''),
      );
      for (const source of sources) terminal.out(lastFailure(source, terminal));
    });
};

const listed = (sources: readonly DataSourceReply[], terminal: Terminal): string =>
  table(
    sources,
    [
      { title: 'SOURCE', text: ({ name }) => name },
      { title: 'STATE', text: (source) => stateOf(source).word, colour: (source) => stateOf(source).colour },
      { title: 'VERSION', text: ({ current }) => current ?? '-' },
      { title: 'AGE', text: (source) => ageOf(source, terminal) },
      { title: 'SIZE', text: (source) => sizeOf(source) },
      { title: 'CLONES', text: ({ copies }) => (copies ? String(clonesOf(copies)) : '-') },
      {
        title: 'NEXT',
        text: ({ nextAt }) => (nextAt === undefined ? '-' : inText(nextAt - terminal.now())),
        gives: true,
      },
    ],
    terminal,
  );

const currentBake = ({ bakes, current }: DataSourceReply) =>
  bakes.find(({ version }) => current !== undefined && version === current);
const ageOf = (source: DataSourceReply, terminal: Terminal): string => {
  const at = currentBake(source)?.endedAt;
  return at === undefined ? '-' : shortAge(terminal.now() - at);
};
const sizeOf = (source: DataSourceReply): string => bytesText(currentBake(source)?.bytes);
const inText = (ms: number): string => (ms <= 0 ? 'now' : `in ${shortAge(ms)}`);

const bakesOf = (source: DataSourceReply, terminal: Terminal): string =>
  table(
    source.bakes,
    [
      { title: 'BAKE', text: ({ id }) => id },
      { title: 'STATE', text: ({ state, version }) => (version === source.current && version ? 'current' : state) },
      { title: 'AGE', text: ({ startedAt }) => shortAge(terminal.now() - startedAt) },
      {
        title: 'TOOK',
        text: ({ startedAt, endedAt }) => (endedAt === undefined ? '-' : durationText(endedAt - startedAt)),
      },
      { title: 'SIZE', text: ({ bytes }) => bytesText(bytes) },
      { title: 'BY', text: ({ by }) => oneLine(by, 40) },
      {
        title: 'WHAT',
        text: (bake) => oneLine(bake.version ?? bake.doing ?? bake.failure?.message ?? '', 300),
        gives: true,
      },
    ],
    terminal,
  );

/** What lies on the machine of the server, and who stands on it. */
function copiesOf({ copies = [], current }: DataSourceReply, terminal: Terminal): string {
  if (copies.length === 0) return '';
  const columns: Parameters<typeof table<GoldenCopyReply>>[1] = [
    { title: 'GOLDEN COPY', text: ({ version }) => version },
    { title: 'STATE', text: ({ version }) => (version === current ? 'current' : 'kept') },
    { title: 'AGE', text: ({ madeAt }) => shortAge(terminal.now() - madeAt) },
    { title: 'SIZE', text: ({ bytes }) => bytesText(bytes) },
    { title: 'CLONES', text: ({ clones }) => String(clones) },
    { title: 'SERVER', text: ({ engine, serverVersion }) => oneLine(`${engine} ${serverVersion}`, 60), gives: true },
  ];
  return `\n${table(copies, columns, terminal)}`;
}

const clonesOf = (copies: readonly GoldenCopyReply[]): number => copies.reduce((sum, { clones }) => sum + clones, 0);

/** What went wrong the last time stands below the list, since the version in use does not show it. */
function lastFailure({ name, bakes, current }: DataSourceReply, { paint }: Terminal): string {
  const failure = bakes[0]?.failure;
  if (!failure) return '';
  const still = current === undefined ? '' : ` New environments still get ${current}.`;
  return [
    `\n${paint('red', `${name}: ${oneLine(failure.message, 500)}`)}${still}`,
    ...failure.lastLines.map((line) => `    ${oneLine(line, 500)}`),
    ...(failure.hint === undefined ? [] : [oneLine(failure.hint, 500)]),
    '',
  ].join('\n');
}
