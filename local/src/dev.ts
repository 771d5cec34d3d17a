// `npm run dev`: PostgreSQL, api and worker as processes of this machine, until Ctrl-C.
import type { Env } from '@stack/service-kit/config';
import { runMain } from '@stack/service-kit/run-main';
import { assertPortsFree } from './assert-ports-free.ts';
import { loadLocalConfig } from './config.ts';
import { createStack } from './stack.ts';

await runMain({
  graceMs: 45_000, // two services of 15 s each, then PostgreSQL
  create: async (env: Env) => {
    const config = loadLocalConfig(env);
    await assertPortsFree(config);
    return createStack(config, env);
  },
});
