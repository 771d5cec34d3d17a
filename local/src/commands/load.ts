// `npm run load`
import { loadEnvironment } from '../load-environment.ts';
import { runCommand } from './run-command.ts';
import { runLoad } from './run-load.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
await runCommand((args) => runLoad(args, loadEnvironment(process.env), controller.signal));
