// `npm run simulate`
import { runCommand } from './run-command.ts';
import { runSimulate } from './run-simulate.ts';

await runCommand((args) => runSimulate(args, process.env));
