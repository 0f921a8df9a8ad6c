import { hash } from 'node:crypto';
import { type Insertable, type Selectable, sql, type Transaction } from 'kysely';
import type { EnvironmentId } from '../domain/claim.ts';
import type { Delivery, DeliveryStore, NewDelivery, PullMark } from '../ports/store.ts';
import { asking, type Database, orMissing, orNull, untilAlone } from './database.ts';
import { markPull } from './environments.ts';
import { packed, unpacked } from './packed-body.ts';
import type { DeliveryRow, Tables } from './schema.ts';

export function deliveryStore({ durable, relaxed }: Database): DeliveryStore {
  return {
    record: (batch) =>
      asking('storing webhook deliveries', async () =>
        batch.length === 0 ? [] : untilAlone(() => record(durable, batch)),
      ),
    list: ({ limit, before, environment }) =>
      asking('reading the deliveries', async () => {
        let query = relaxed
          .selectFrom('deliveries')
          .select([
            'id',
            'guid',
            'event',
            'action',
            'repository_name',
            'number',
            'received_at',
            'size',
            'decision',
            'reason',
            'environment_id',
            'repeats',
          ])
          .select((row) =>
            row
              .selectFrom('deliveries as earlier')
              .select(({ fn }) => fn.min('earlier.id').as('first'))
              .whereRef('earlier.body_hash', '=', 'deliveries.body_hash')
              .whereRef('earlier.id', '<', 'deliveries.id')
              .as('same_body_as'),
          )
          .orderBy('id', 'desc')
          .limit(limit);
        if (before !== undefined) query = query.where('id', '<', before);
        if (environment !== undefined) query = query.where('environment_id', '=', environment);
        return (await query.execute()).map(deliveryOf);
      }),
    findBody: (id) =>
      asking('reading a delivery', async () => {
        const row = await relaxed.selectFrom('deliveries').select('body').where('id', '=', id).executeTakeFirst();
        return row && unpacked(row.body);
      }),
    prune: (keep) =>
      asking('forgetting old deliveries', async () => {
        const last = await relaxed
          .selectFrom('deliveries')
          .select('id')
          .orderBy('id', 'desc')
          .offset(keep)
          .limit(1)
          .executeTakeFirst();
        if (!last) return 0;
        return Number(
          (await relaxed.deleteFrom('deliveries').where('id', '<=', last.id).executeTakeFirst()).numDeletedRows,
        );
      }),
  };
}

/** Group commit: one transaction and one wait for the disk, however many came in meanwhile. */
async function record(
  durable: Database['durable'],
  batch: readonly NewDelivery[],
): ReturnType<DeliveryStore['record']> {
  return durable.transaction().execute(async (step) => {
    const guids = [...new Set(batch.map(({ guid }) => guid))];
    const there = await step
      .selectFrom('deliveries')
      .select(['guid', 'environment_id'])
      .where('guid', 'in', guids)
      .execute();
    const known = new Map(there.map((row) => [row.guid, row.environment_id]));
    const fresh = new Map<string, NewDelivery>();
    for (const delivery of batch)
      if (!known.has(delivery.guid) && !fresh.has(delivery.guid)) fresh.set(delivery.guid, delivery);
    const marks = inOrder(
      [...fresh.values()].flatMap(({ mark }) => mark ?? []),
      keyOf,
    );
    const marked = await markPulls(step, marks, batch[0]?.receivedAt ?? 0);
    const environmentOf = ({ mark }: NewDelivery): EnvironmentId | undefined => mark && marked.get(keyOf(mark));
    const rows = [...fresh.values()].map((delivery) => rowOf(delivery, environmentOf(delivery)));
    if (rows.length > 0) await step.insertInto('deliveries').values(rows).execute();
    const seen = new Set<string>();
    const repeats = new Map<string, number>();
    const answers: { environment: EnvironmentId | undefined; repeat: boolean }[] = [];
    for (const delivery of batch) {
      const repeat = known.has(delivery.guid) || seen.has(delivery.guid);
      seen.add(delivery.guid);
      if (repeat) repeats.set(delivery.guid, (repeats.get(delivery.guid) ?? 0) + 1);
      answers.push({ environment: repeat ? undefined : environmentOf(delivery), repeat });
    }
    for (const [guid, times] of inOrder([...repeats], ([name]) => name)) {
      await step
        .updateTable('deliveries')
        .set((row) => ({ repeats: row('repeats', '+', times) }))
        .where('guid', '=', guid)
        .execute();
    }
    return answers;
  });
}

/** Two batches at once take the same rows in the same order, so neither waits for the other for ever. */
const inOrder = <One>(all: readonly One[], name: (one: One) => string): One[] =>
  all.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));

/** Each pull request once: those that have a record are counted up with one statement for each repository, others get one. */
async function markPulls(
  step: Transaction<Tables>,
  marks: readonly PullMark[],
  at: number,
): Promise<Map<string, EnvironmentId>> {
  const marked = new Map<string, EnvironmentId>();
  for (const [repositoryId, group] of Map.groupBy(marks, ({ repository }) => repository.id)) {
    const numbers = [...new Set(group.map(({ number }) => number))];
    const rows = await step
      .updateTable('environments')
      .set((row) => ({ requested: row('requested', '+', 1), repository_name: group[0]?.repository.name ?? '' }))
      .where('repository_id', '=', repositoryId)
      .where('number', 'in', numbers)
      // Said once more in words of the index, or SQLite reads the whole table.
      .where('number', '>', sql.lit(0))
      .returning(['id', 'number'])
      .execute();
    const known = new Map(rows.map(({ id, number }) => [number, id as EnvironmentId]));
    for (const mark of group) {
      if (marked.has(keyOf(mark))) continue;
      marked.set(keyOf(mark), known.get(mark.number) ?? (await markPull(step, mark, at)));
    }
  }
  return marked;
}

const keyOf = (mark: PullMark): string => `${mark.repository.id}#${mark.number}`;

const rowOf = (delivery: NewDelivery, environment: EnvironmentId | undefined): Insertable<DeliveryRow> => ({
  guid: delivery.guid,
  event: delivery.event,
  action: orNull(delivery.action),
  repository_name: orNull(delivery.repositoryName),
  number: orNull(delivery.number),
  received_at: delivery.receivedAt,
  body: packed(delivery.body),
  body_hash: hash('sha256', delivery.body, 'hex').slice(0, 32),
  size: delivery.body.byteLength,
  decision: delivery.decision,
  reason: delivery.reason,
  environment_id: orNull(environment),
  repeats: 0,
});

type ListedRow = Omit<Selectable<DeliveryRow>, 'body' | 'body_hash'> & { readonly same_body_as: number | null };

const deliveryOf = (row: ListedRow): Delivery => ({
  id: row.id,
  guid: row.guid,
  event: row.event,
  action: orMissing(row.action),
  repositoryName: orMissing(row.repository_name),
  number: orMissing(row.number),
  receivedAt: row.received_at,
  decision: row.decision === 'look' ? 'look' : 'ignored',
  reason: row.reason,
  environment: orMissing(row.environment_id) as EnvironmentId | undefined,
  size: row.size,
  repeats: row.repeats,
  sameBodyAs: row.same_body_as === null ? undefined : Number(row.same_body_as),
});
