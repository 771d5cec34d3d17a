import { defineConfig } from 'vitest/config';

/** `E2E_DOCKER=1 npx vitest run --config alert-bot/test/runtime/vitest.e2e.config.ts`: needs a Docker engine and compose. */
export default defineConfig({
  test: {
    include: ['alert-bot/test/runtime/*.e2e.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
