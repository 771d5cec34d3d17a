import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, openPage } from './browser.ts';
import { setStage } from './stage.ts';

const images = process.env['SCREENSHOTS_DIR'] ?? resolve(import.meta.dirname, '../../../docs/images');

let browser: Browser;
beforeAll(async () => {
  mkdirSync(images, { recursive: true });
  browser = await launch();
});
afterAll(() => browser.close());

const schemes = ['light', 'dark'] as const;
const sizes = {
  '': { width: 1280, height: 800 },
  '-laptop': { width: 1280, height: 720 },
  '-phone': { width: 390, height: 844 },
};

it('a scripted incident, from firing to healed', async () => {
  const past = { count: 260, endsAgoMs: 190 * 60_000, everyMs: 2.6 * 3_600_000 };
  const stage = await setStage({ past, healthyAfter: 6 });
  const { page, complaints } = await openPage(browser, stage.bot.url, { deviceScaleFactor: 2, viewport: sizes[''] });
  await page.goto('/');
  await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
  await shoot(page, 'quiet');
  const id = await stage.fire(
    { alertname: 'APIHighLatency', service: 'api', severity: 'critical', job: 'api' },
    {
      summary: 'p95 latency of the API is 0.41 s, over 0.2 s',
      description: '95 % of the requests of the last minute took up to 0.41 s.',
      runbook_url: 'http://localhost:5001/runbooks#apihighlatency',
    },
  );
  await stage.fire(
    { alertname: 'WorkerStalled', service: 'worker', severity: 'warning' },
    { summary: 'No batch was finished for 60 s' },
  );
  await page.getByText('verifying').first().waitFor();
  await page.getByText('look:').first().waitFor();
  await shoot(page, 'now');
  stage.calm('APIHighLatency');
  await page.goto(`/ui/incidents/${id}`);
  await page.getByText('Yes', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByText('There is nothing to decide.').waitFor({ timeout: 30_000 });
  await shoot(page, 'incident');
  await page.goto('/ui/incidents');
  await page.getByRole('row').nth(5).waitFor();
  await shoot(page, 'incidents');
  await page.goto('/ui/services');
  await page.getByLabel('Alert', { exact: true }).fill('WorkerStalled');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await page.getByText('does nothing').waitFor();
  await shoot(page, 'services');
  expect(complaints).toEqual([]);
});

async function shoot(page: Page, name: string): Promise<void> {
  const small = process.env['SCREENSHOTS_ALL'] === undefined ? [['', sizes['']] as const] : Object.entries(sizes);
  for (const [suffix, size] of small) {
    await page.setViewportSize(size);
    await page.evaluate('scrollTo(0, 0)');
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(150); // transitions of colours
      await page.screenshot({
        path: join(images, `console-${name}${suffix}-${colorScheme}.png`),
        fullPage: suffix === '-phone' || name === 'incident',
      });
    }
  }
  await page.setViewportSize(sizes['']);
}
