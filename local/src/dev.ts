// `npm run dev`: PostgreSQL, api and worker as processes of this machine, until Ctrl-C.
import { runSupervisor } from './start.ts';
import { devUsage } from './start-options.ts';

await runSupervisor(['--services-only', ...process.argv.slice(2)], devUsage);
