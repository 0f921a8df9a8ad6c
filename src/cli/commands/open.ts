import { type Detail, detail } from '../../api/contract.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type AddCommand, type ApiOptions, connect, environmentPath, printJson, withServer } from '../api-command.ts';
import { openBrowser } from '../open-browser.ts';

export const addOpen: AddCommand = (program, terminal) => {
  withServer(program.command('open'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .argument('[endpoint]', 'which of its addresses; without it the first')
    .description('Print the address of an environment, and open it in a browser where there is one')
    .option('-p, --print', 'only print it')
    .action(async (asked: string, endpoint: string | undefined, options: ApiOptions & { readonly print?: boolean }) => {
      const client = await connect(options, terminal);
      const link = linkOf(await client.get(detail, environmentPath(asked)), endpoint);
      if (options.json) return printJson(terminal, link);
      terminal.out(`${link.url}\n`);
      if (terminal.interactive && !options.print) openBrowser(link.url, terminal);
    });
};

function linkOf({ id, urls }: Detail, endpoint: string | undefined): Detail['urls'][number] {
  const link = endpoint === undefined ? urls[0] : urls.find((one) => one.endpoint === endpoint);
  // What is opened must be a page: a browser does other things with other addresses.
  if (link && /^https?:\/\//.test(link.url) && URL.canParse(link.url)) return { ...link, url: new URL(link.url).href };
  const names = urls.map((one) => one.endpoint).join(', ');
  throw new WizardError(`opening ${id}: it has no address${endpoint === undefined ? '' : ` "${endpoint}"`}`, {
    code: 'request/unknown-endpoint',
    remedy: 'change-input',
    hint: names === '' ? 'It has none yet.' : `It has ${names}.`,
  });
}
