import type { AddCommand } from '../api-command.ts';
import { addDataBake } from './data/bake.ts';
import { addDataForget } from './data/forget.ts';
import { addDataList } from './data/list.ts';
import { addDataLoad } from './data/load.ts';
import { addDataLogs } from './data/logs.ts';
import { addDataPool } from './data/pool.ts';
import { addDataSave } from './data/save.ts';
import { addDataSaved } from './data/saved.ts';

export const addData: AddCommand = (program, terminal) => {
  const data = program.command('data').description('Data sources, and their data made ready for environments');
  const states = [addDataSave, addDataLoad, addDataSaved, addDataForget];
  for (const add of [addDataList, addDataBake, addDataLogs, addDataPool, ...states]) add(data, terminal);
};
