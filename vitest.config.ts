import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'e2e/**'],
    globalSetup: ['test-kit/src/global-setup.ts'],
    maxWorkers: 2, // vitest would leave one of two cores to itself, and most tests wait for a process, a database or a clock
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['service-kit/src/**', 'db/src/**', 'api/src/**', 'worker/src/**', 'alert-bot/src/**'],
      exclude: ['**/main.ts'],
      reporter: ['text-summary', 'text'],
    },
  },
});
