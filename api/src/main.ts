import { runMain } from '@stack/service-kit/run-main';
import { loadApiConfig } from './config.ts';
import { createService } from './service.ts';

await runMain({ create: (env) => createService(loadApiConfig(env)) });
