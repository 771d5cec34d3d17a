import { ConfigError } from '@stack/service-kit/config';
import { createLogger } from '@stack/service-kit/logger';
import { loadMigrateConfig } from './config.ts';
import { migrate } from './migrate.ts';

// One shot, so without runMain: exit codes 0 up to date, 1 failed, 2 configuration not usable.
async function main(): Promise<void> {
  const config = loadMigrateConfig(process.env);
  const logger = createLogger({ service: 'migrate', level: config.LOG_LEVEL });
  await migrate({ ...config, logger }).catch((err) => {
    logger.fatal({ err }, 'the database is not up to date');
    process.exitCode = 1;
  });
}

main().catch((error) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
