import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run screenshots`: makes the pictures of the README in docs/images. Not a part of `npm test`. */
export default defineConfig({
  test: {
    include: ['alert-bot/test/console/*.shots.ts'],
    globalSetup: [fileURLToPath(new URL('../../../test-kit/src/global-setup.ts', import.meta.url))],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
