// `npm run load`
import { runCommand } from './run-command.ts';
import { runLoad } from './run-load.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
await runCommand((args) => runLoad(args, process.env, controller.signal));
