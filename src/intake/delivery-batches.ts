import type { DeliveryStore, NewDelivery } from '../ports/store.ts';

type Answer = Awaited<ReturnType<DeliveryStore['record']>>[number];

interface Waiting {
  readonly delivery: NewDelivery;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

const largestBatch = 200;

/** Group commit: what arrives while the disk is busy is written together, with one wait for the disk. */
export function deliveryBatches(store: Pick<DeliveryStore, 'record'>): (delivery: NewDelivery) => Promise<Answer> {
  const waiting: Waiting[] = [];
  let writing = false;

  const write = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, largestBatch);
      try {
        const answers = await store.record(batch.map(({ delivery }) => delivery));
        for (const [index, { resolve, reject }] of batch.entries()) {
          const answer = answers[index];
          if (answer) resolve(answer);
          else reject(new Error('the store answered fewer deliveries than it was given'));
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  };

  return (delivery) =>
    new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      if (!writing) void write();
    });
}
