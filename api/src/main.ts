import { runMain } from '@stack/service-kit/run-main';
import { loadApiConfig } from './config.ts';
import { createService } from './service.ts';

// below the container's grace period of 15 s
void runMain({ create: (env) => createService(loadApiConfig(env)), graceMs: 13_000 });
