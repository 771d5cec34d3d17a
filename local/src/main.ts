// `npm start`: the whole stack as processes of this machine, until Ctrl-C.
import { runSupervisor } from './start.ts';
import { startUsage } from './start-options.ts';

await runSupervisor(process.argv.slice(2), startUsage);
