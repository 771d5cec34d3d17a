import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeBody } from '../runtime/fake-world.ts';
import { hasChromium, launch, openPage } from './browser.ts';
import { setStage } from './stage.ts';

const mebibyte = 1_048_576;

describe.skipIf(!hasChromium && process.env['CI'] !== 'true')('what the views show', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('services have their memory beside its limit, and near the limit it is a warning', async () => {
    const stage = await setStage({
      env: { CONTAINER_METRICS_INTERVAL_MS: '1000' },
      seed: (engine) => {
        engine.seed('demo-cache-1', composeBody('cache', { host: { Memory: 64 * mebibyte } }), {
          uses: { usage: 62 * mebibyte, inactiveFile: 0 },
        });
        engine.seed('demo-free-1', composeBody('free', { host: { Memory: 0 } }));
      },
    });
    const { page } = await openPage(browser, stage.bot.url);
    await page.goto('/ui/services');
    await page.getByText('memory 123 of 384 MiB (32 %)').waitFor({ timeout: 20_000 });
    await page.getByText('memory 62 of 64 MiB (97 %)').waitFor();
    expect(await page.locator('.memory.bad').count()).toBe(1);
    expect(await page.getByText('memory 80 MiB, no limit').count()).toBe(1);
  });

  it('a bot of several projects has a filter by project, and the address has it too', async () => {
    const stage = await setStage({
      env: { PROJECTS: 'shop' },
      seed: (engine) =>
        void engine.seed('shop-web-1', composeBody('web', { labels: { 'com.docker.compose.project': 'shop' } })),
    });
    await stage.fire({ alertname: 'WorkerStalled', service: 'worker', severity: 'warning' });
    const { page } = await openPage(browser, stage.bot.url);
    await page.goto('/ui/services');
    await page.getByText('of the project demo and of shop').waitFor();
    await page.getByRole('rowheader', { name: 'shop/web' }).waitFor();
    await page.goto('/ui/incidents');
    await page.getByText('WorkerStalled').first().waitFor();
    await page.getByLabel('Project').selectOption('shop');
    await page.getByRole('heading', { name: 'No incident matches' }).waitFor();
    expect(page.url()).toContain('project=shop');
    await page.getByLabel('Project').selectOption('demo');
    await page.getByText('WorkerStalled').first().waitFor();
  });

  it('nothing yet: three commands, the label that is missing, and what no Prometheus means', async () => {
    const stage = await setStage({ env: { PROMETHEUS_URL: '' }, optedIn: false });
    const { page } = await openPage(browser, stage.bot.url);
    await page.goto('/');
    await page.getByText('No incident yet. Three commands that make one').waitFor();
    expect(await page.locator('main pre').count()).toBe(3);
    expect(await page.locator('main pre').nth(1).textContent()).toContain('npm run fault -- latency');
    expect(await page.locator('main pre').last().textContent()).toContain(`${stage.bot.url}/alert`);
    await page.getByText('no Prometheus').waitFor();
    await page.goto('/ui/services');
    await page.getByRole('heading', { name: 'No service has opted in' }).waitFor();
    expect(await page.locator('main pre').first().textContent()).toContain('self-healing.enable: "true"');
  });
});
