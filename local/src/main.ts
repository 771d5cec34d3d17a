// `npm start`: the whole stack as processes of this machine, until Ctrl-C.
import { runMain } from '@stack/service-kit/run-main';
import { createFromCommandLine, showInstead } from './start.ts';

const args = process.argv.slice(2);
if (!(await showInstead(args, process.env)))
  await runMain({ graceMs: 60_000, create: (env) => createFromCommandLine(args, env) });
