// `npm run fault`

import { runCommand } from './run-command.ts';
import { runFault } from './run-fault.ts';

await runCommand((args) => runFault(args, process.env));
