import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launch, openPage } from './browser.ts';
import { setStage } from './stage.ts';

const slow = { alertname: 'APIHighLatency', service: 'api', severity: 'critical', job: 'api' };
const stalled = { alertname: 'WorkerStalled', service: 'worker', severity: 'warning', job: 'worker' };

/** Presses Tab until the control with this name has the focus: no mouse, and nothing that a person could not reach. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate('document.activeElement?.textContent?.trim() ?? ""');
    if (focused === name) return;
  }
  throw new Error(`Tab does not reach "${name}"`);
}

const pausedOf = async (url: string) => ((await (await fetch(`${url}/status`)).json()) as { paused: unknown }).paused;

async function pressInDialog(page: Page, button: string, confirm: string): Promise<void> {
  await tabTo(page, button);
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').waitFor();
  await tabTo(page, confirm);
  await page.keyboard.press('Enter');
}

describe.skipIf(!hasChromium && process.env['CI'] !== 'true')(
  'commands and faults in the browser',
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    it('rejects by the keyboard alone: nothing is touched, and the alert is left to people', async () => {
      const stage = await setStage();
      await stage.fire(stalled);
      const { page } = await openPage(browser, stage.bot.url);
      await page.goto('/');
      await page.getByRole('button', { name: 'Reject' }).waitFor();
      await pressInDialog(page, 'Reject', 'Reject the repair');
      await page.getByText('Rejected. Nothing was touched.').waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Fires, and is left to people' }).waitFor();
      expect(stage.engine.events.filter((event) => event.startsWith('restart'))).toEqual([]);
    });

    it('approves by the keyboard, and releases what that left in quarantine', async () => {
      const stage = await setStage();
      await stage.fire(stalled);
      const { page } = await openPage(browser, stage.bot.url);
      await page.goto('/');
      await page.getByRole('button', { name: 'Approve' }).waitFor();
      await pressInDialog(page, 'Approve', 'Approve: restart worker');
      await page.getByText('Approved. The bot will restart worker.').waitFor();
      await page.keyboard.press('Enter');
      await page.goto('/ui/services');
      await page.getByRole('button', { name: 'Release' }).waitFor({ timeout: 40_000 });
      await pressInDialog(page, 'Release', 'Release worker');
      await page.getByText('worker is released.').waitFor();
    });

    it('pauses and resumes by the keyboard alone', async () => {
      const stage = await setStage();
      const { page } = await openPage(browser, stage.bot.url);
      await page.goto('/');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await pressInDialog(page, 'Pause', 'Pause the bot');
      await page.getByText('Paused until').first().waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Resume' }).first().waitFor();
      await pressInDialog(page, 'Resume', 'Resume the bot');
      await page.getByRole('status').getByText('The bot acts again.').waitFor();
      expect(await pausedOf(stage.bot.url)).toBeNull();
    });

    it('pauses, resumes and rejects by the mouse, and records who did', async () => {
      const stage = await setStage();
      const id = await stage.fire(stalled);
      const { page } = await openPage(browser, stage.bot.url);
      await page.goto('/');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByLabel('Minutes').fill('5');
      await page.getByLabel('Reason').fill('deploy');
      await page.getByRole('button', { name: 'Pause the bot' }).click();
      await page.getByText('Paused until').first().waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByText('“deploy”').waitFor();
      expect(await pausedOf(stage.bot.url)).toMatchObject({ reason: 'deploy' });
      await page.getByRole('button', { name: 'Resume' }).first().click();
      await page.getByRole('button', { name: 'Resume the bot' }).click();
      await page.getByRole('status').getByText('The bot acts again.').waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'Reject' }).click();
      await page.getByLabel('Your name').fill('Ada');
      await page.getByRole('button', { name: 'Reject the repair' }).click();
      await page.getByText('Rejected. Nothing was touched.').waitFor();
      await page.goto(`/ui/incidents/${id}`);
      await page.getByText('Rejected by Ada').waitFor();
    });

    it('approves and releases by the mouse', async () => {
      const stage = await setStage();
      await stage.fire(stalled);
      const { page } = await openPage(browser, stage.bot.url);
      await page.goto('/');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('button', { name: 'Approve: restart worker' }).click();
      await page.getByText('Approved. The bot will restart worker.').waitFor();
      await page.goto('/ui/services');
      await page.getByRole('button', { name: 'Release' }).click({ timeout: 40_000 });
      await page.getByRole('button', { name: 'Release worker' }).click();
      await page.getByText('worker is released.').waitFor();
    });

    it('a bot that is killed in mid-repair and started again goes on before the eyes of the page', async () => {
      const stage = await setStage();
      const { page } = await openPage(browser, stage.bot.url);
      const id = await stage.fire(slow);
      await page.goto(`/ui/incidents/${id}`);
      await page.getByText('verifying').first().waitFor();
      await stage.kill();
      await page.getByText('The connection to the bot is lost.').waitFor();
      stage.calm('APIHighLatency');
      await stage.startAgain();
      await page.getByText('The connection to the bot is lost.').waitFor({ state: 'hidden', timeout: 20_000 });
      await page.getByText('There is nothing to decide.').waitFor({ timeout: 30_000 });
      expect(stage.engine.events.filter((event) => event.startsWith('restart'))).toHaveLength(1);
    });

    it('an answer that gets lost is asked for again, though no event comes', async () => {
      const stage = await setStage({ past: { count: 30, endsAgoMs: 3_600_000, everyMs: 60_000 } });
      const { page } = await openPage(browser, stage.bot.url);
      let lost = 0;
      await page.route(/\/incidents\?/, (route) => (lost++ < 6 ? route.abort('connectionreset') : route.continue()));
      await page.goto('/ui/incidents');
      await page.getByRole('row').nth(20).waitFor({ timeout: 20_000 });
      expect(lost).toBeGreaterThan(6);
    });
  },
);
