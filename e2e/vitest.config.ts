import { defineConfig } from 'vitest/config';
import { PromiseOrder } from './src/promise-order.ts';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['src/global-setup.ts'],
    setupFiles: ['src/keep-artifacts.ts'],
    // One stack, one scenario at a time: they break the same services.
    fileParallelism: false,
    maxWorkers: 1,
    sequence: { sequencer: PromiseOrder },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    teardownTimeout: 120_000,
    reporters: ['verbose'],
  },
});
