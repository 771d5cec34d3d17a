// `npm run fault`

import { loadEnvironment } from '../load-environment.ts';
import { runCommand } from './run-command.ts';
import { runFault } from './run-fault.ts';

await runCommand((args) => runFault(args, loadEnvironment(process.env)));
