import type { z } from 'zod';
import { type DeliveryReply, deliveryList } from '../../api/contract.ts';
import { oneLine, plainText } from '../../domain/plain-text.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../api-command.ts';
import { shortAge } from '../phase-words.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options extends ApiOptions {
  readonly body?: number;
  readonly limit: number;
  readonly environment?: string;
}

export const addDeliveries: AddCommand = (program, terminal) => {
  withServer(program.command('deliveries'))
    .description('List the webhook deliveries and what each led to: why did nothing happen?')
    .option('--body <id>', 'print the body of one delivery', wholeNumber)
    .option('-n, --limit <count>', 'at most so many', wholeNumber, 20)
    .option('-e, --environment <environment>', 'only those about one environment')
    .action(async (options: Options) => {
      const client = await connect(options, terminal);
      if (options.body !== undefined) {
        const text = await client.text(`/api/v1/deliveries/${options.body}/body`);
        return terminal.out(terminal.interactive ? `${plainText(text)}\n` : text);
      }
      const query = new URLSearchParams({
        limit: String(options.limit),
        ...(options.environment === undefined ? {} : { environment: options.environment }),
      });
      const page = await client.get(deliveryList, `/api/v1/deliveries?${query}`);
      if (options.json) return printJson(terminal, page);
      for (const one of page.refused) terminal.err(refusedLine(one, terminal.now()));
      if (page.deliveries.length > 0) return terminal.out(listed(page.deliveries, terminal));
      if (page.refused.length > 0) return;
      terminal.err('No delivery came yet. Does the code host know the address of the webhook? `wizard check` helps.\n');
    });
};

const listed = (deliveries: readonly DeliveryReply[], terminal: Terminal): string =>
  table(
    deliveries,
    [
      { title: 'ID', text: ({ id }) => String(id) },
      { title: 'AGE', text: ({ receivedAt }) => shortAge(terminal.now() - receivedAt) },
      { title: 'EVENT', text: ({ event, action }) => oneLine(action === undefined ? event : `${event}.${action}`, 28) },
      {
        title: 'LED TO',
        text: ({ decision, environment }) => oneLine(decision === 'look' ? (environment ?? 'look') : 'ignored', 40),
        colour: ({ decision }) => (decision === 'look' ? 'green' : 'dim'),
      },
      { title: 'BECAUSE', text: because, gives: true },
    ],
    terminal,
  );

type Refused = z.output<typeof deliveryList>['refused'][number];

/** An operator whose secret is wrong finds nothing else here. */
const refusedLine = ({ status, reason, times, lastAt }: Refused, now: number): string =>
  `Refused since the server started: ${times} with status ${status}, the last ${shortAge(now - lastAt)} ago. ${oneLine(reason, 200)}${status === 401 ? ' Is it the webhook-secret of wizard.yml?' : ''}\n`;

function because({ reason, repeats, sameBodyAs }: DeliveryReply): string {
  const replay = sameBodyAs === undefined ? '' : `; same body as delivery ${sameBodyAs}`;
  const again = repeats === 0 ? '' : ` (came again ${repeats} times)`;
  return oneLine(`${reason}${replay}${again}`, 200);
}
