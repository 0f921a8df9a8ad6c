import { announcementStore } from './announcements.ts';
import type { Database } from './database.ts';
import { deliveryStore } from './deliveries.ts';
import { environmentStore } from './environments.ts';
import { resourceJournal } from './resources.ts';
import type { StoredRooms } from './rooms-over.ts';
import { timelineStore } from './timeline.ts';

/** The same rows and rules on every database. */
export const storedRoomsOver = (database: Database): StoredRooms => ({
  deliveries: deliveryStore(database),
  environments: environmentStore(database),
  resources: resourceJournal(database),
  timeline: timelineStore(database),
  announcements: announcementStore(database),
});
