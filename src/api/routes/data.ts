import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { WizardError } from '../../domain/wizard-error.ts';
import type { BakeView, DataSourceView } from '../../ports/data-bakes.ts';
import {
  type BakeReply,
  bakeBegun,
  bakeLogPiece,
  type DataSourceReply,
  dataSource,
  dataSourceList,
} from '../data-contract.ts';
import { byHeader, whoAsks } from '../who-asks.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, failures, json, security, wholeNumber } from './route-parts.ts';

const params = z.object({
  source: z.string().min(1).max(100).openapi({ description: 'Its name under `data-sources`.' }),
});

const list = createRoute({
  method: 'get',
  path: '/api/v1/data',
  summary: 'List data sources with their versions',
  security,
  responses: { 200: json(dataSourceList, 'The sources, as in wizard.yml.'), ...failures },
});

const show = createRoute({
  method: 'get',
  path: '/api/v1/data/{source}',
  summary: 'Show one data source with its versions',
  security,
  request: { params },
  responses: { 200: json(dataSource, 'The source.'), ...environmentFailures },
});

const begin = createRoute({
  method: 'post',
  path: '/api/v1/data/{source}/bake',
  summary: 'Make the newest data ready',
  description: 'New environments get it when it is complete; until then, and when it fails, the one before.',
  security,
  request: { params, headers: byHeader },
  responses: { 202: json(bakeBegun, 'Begun, or under way already.'), ...environmentFailures },
});

const log = createRoute({
  method: 'get',
  path: '/api/v1/data/{source}/log',
  summary: 'Read the log of a bake',
  description: 'Read on from `next` until `ended`.',
  security,
  request: {
    params,
    query: z.object({
      bake: z.string().max(100).optional().openapi({ description: 'Its id; without it the newest.' }),
      from: wholeNumber({ description: 'The byte offset to read from.', otherwise: 0 }),
    }),
  },
  responses: { 200: json(bakeLogPiece, 'A piece of the log.'), ...environmentFailures },
});

export function addDataRoutes(app: OpenAPIHono, { parts, clean }: Inside): void {
  const { bakes } = parts;
  app.openapi(list, async (context) => context.json(clean({ sources: (await bakes.list()).map(sourceOf) }), 200));
  app.openapi(show, async (context) =>
    context.json(clean(sourceOf(await bakes.find(context.req.valid('param').source))), 200),
  );
  app.openapi(begin, async (context) => {
    const { source } = context.req.valid('param');
    const who = whoAsks(context);
    const { bake, begun } = await bakes.bake(source, who);
    parts.log.info('api.asked', { what: 'bake', source, by: who });
    return context.json(clean({ source: sourceOf(await bakes.find(source)), bake: bakeOf(bake), begun }), 202);
  });
  app.openapi(log, async (context) => {
    const { source } = context.req.valid('param');
    const { bake, from = 0 } = context.req.valid('query');
    // Asked first: what it says after it has ended is all in the piece then.
    const { bakes: known } = await bakes.find(source);
    const piece = await bakes.readLog(source, bake, from);
    if (!piece) throw noLog(source, bake);
    const running = known.some(({ id, state }) => id === piece.id && state === 'running');
    const { id, text, next } = piece;
    return context.json(clean({ bake: id, text, next, ended: !running && text === '' }), 200);
  });
}

const sourceOf = ({ copies, ...view }: DataSourceView): DataSourceReply => ({
  ...view,
  bakes: view.bakes.map(bakeOf),
  ...(copies === undefined ? {} : { copies: copies.map((copy) => ({ ...copy })) }),
});

function bakeOf({ failure, ...view }: BakeView): BakeReply {
  return failure ? { ...view, failure: { ...failure, lastLines: [...failure.lastLines] } } : view;
}

const noLog = (source: string, bake: string | undefined): WizardError =>
  new WizardError(
    `reading the log of ${bake === undefined ? 'the last bake' : `bake ${bake}`} of ${source}: there is none`,
    {
      code: 'request/unknown-log',
      remedy: 'change-input',
      hint: '`wizard data list` shows what was baked.',
    },
  );
