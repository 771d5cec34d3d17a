// `npm run simulate`
import { loadEnvironment } from '../load-environment.ts';
import { runCommand } from './run-command.ts';
import { runSimulate } from './run-simulate.ts';

await runCommand((args) => runSimulate(args, loadEnvironment(process.env)));
