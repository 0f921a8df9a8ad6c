import { codeOf } from '../domain/wizard-error.ts';
import type { Store } from '../ports/store.ts';
import type { Rooms, Work } from './rooms-over.ts';

/** Makes room where there is none; answers whether it is worth another try. */
export type MakeRoom = () => Promise<boolean>;

/** The same store, of which every call that meets a full disk is repeated once when room was made. A change that failed was not made in part. */
export function retryWhenFull<Rest extends Store>(store: Rest, makeRoom: MakeRoom): Rest {
  const { deliveries, environments, resources, timeline, announcements } = store;
  const rooms: Rooms = { deliveries, environments, resources, timeline, announcements };
  const retried = Object.entries(rooms).map(([name, room]) => [name, retriedRoom(room, makeRoom)]);
  return { ...store, ...(Object.fromEntries(retried) as Rooms) };
}

const retriedRoom = (room: object, makeRoom: MakeRoom): object =>
  Object.fromEntries(Object.entries(room).map(([name, work]) => [name, retriedWork(work as Work, makeRoom)]));

const retriedWork =
  (work: Work, makeRoom: MakeRoom): Work =>
  async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      if (codeOf(error) !== 'store/full' || !(await makeRoom())) throw error;
      return work(...given);
    }
  };
