import { servicesOf } from '../../src/config/make-services.ts';

const [service] = Object.values(servicesOf({ db: 'postgres' }));

/** What a database gets whose recipe says nothing. */
export const usualMemoryMb = service?.by === 'database' ? service.memoryMb : 0;
