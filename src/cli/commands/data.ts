import type { AddCommand } from '../api-command.ts';
import { addDataBake } from './data/bake.ts';
import { addDataList } from './data/list.ts';
import { addDataLogs } from './data/logs.ts';
import { addDataPool } from './data/pool.ts';

export const addData: AddCommand = (program, terminal) => {
  const data = program.command('data').description('Data sources, and their data made ready for environments');
  for (const add of [addDataList, addDataBake, addDataLogs, addDataPool]) add(data, terminal);
};
