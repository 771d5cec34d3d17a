import { runMain } from '@stack/service-kit/run-main';
import { loadWorkerConfig } from './config.ts';
import { createService } from './service.ts';

void runMain({ create: (env) => createService(loadWorkerConfig(env)) });
