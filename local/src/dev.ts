// `npm run dev`: PostgreSQL, api and worker as processes of this machine, until Ctrl-C.
import { runMain } from '@stack/service-kit/run-main';
import { createFromCommandLine } from './start.ts';

await runMain({
  graceMs: 60_000,
  create: (env) => createFromCommandLine([...process.argv.slice(2), '--services-only'], env),
});
