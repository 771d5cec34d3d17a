import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launch, openPage } from './browser.ts';
import { setStage } from './stage.ts';

const inCi = process.env['CI'] === 'true';
if (!hasChromium && !inCi) console.log('skipped: the page in a browser; apt-get install chromium');

const slow = { alertname: 'APIHighLatency', service: 'api', severity: 'critical', job: 'api' };
const stalled = { alertname: 'WorkerStalled', service: 'worker', severity: 'warning' };

/** What axe finds against WCAG A and AA; evaluated by the browser's debugger, which the page's policy does not bind. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

describe.skipIf(!hasChromium && !inCi)('the console in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('shows a repair live from firing to healed, asks no other origin and complains of nothing', async () => {
    const stage = await setStage();
    const { page, complaints, strangers } = await openPage(browser, stage.bot.url);
    await page.goto('/');
    await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
    const id = await stage.fire(slow, { summary: 'p95 latency is 0.41 s' });
    await page.getByText('verifying').first().waitFor();
    stage.calm('APIHighLatency');
    await page.getByText('healed').first().waitFor({ timeout: 20_000 });
    await page.goto(`/ui/incidents/${id}`);
    await page.getByText('There is nothing to decide.').waitFor();
    for (const answer of [
      'What fired',
      'Since when',
      'What was done',
      'Did it help',
      'How long it took',
      'What happens next',
    ])
      expect(await page.getByText(answer, { exact: true }).isVisible()).toBe(true);
    expect(await page.getByText('demo-api-1').first().isVisible()).toBe(true);
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('approves by the mouse, and asks for the token once when one is set', async () => {
    const token = 'a-token-of-this-test';
    const stage = await setStage({ env: { ALERT_BOT_TOKEN: token } });
    await stage.fire(stalled);
    const { page } = await openPage(browser, stage.bot.url);
    await page.goto('/');
    await page.locator('dialog[open] input').first().fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('button', { name: /^Approve: restart worker/ }).click();
    await expect.poll(() => stage.engine.events, { timeout: 15_000 }).toContain('restart demo-worker-1');
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain(token);
  });

  it('says that the connection is lost, and goes on when the bot is back', async () => {
    const stage = await setStage();
    const { page } = await openPage(browser, stage.bot.url);
    await page.goto('/');
    await page.getByText('live', { exact: true }).waitFor();
    await stage.kill();
    await page.getByText('live', { exact: true }).waitFor({ state: 'hidden', timeout: 15_000 });
    await stage.startAgain();
    await page.getByText('live', { exact: true }).waitFor({ timeout: 30_000 });
    await stage.fire(slow);
    await page.getByText('APIHighLatency').first().waitFor();
  });

  it('shows markup, colour codes and turned text from alerts as plain text', async () => {
    const stage = await setStage();
    const { page, complaints } = await openPage(browser, stage.bot.url);
    const evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>\u001b[31m\u202edesrever';
    const id = await stage.fire({ ...stalled, note: evil }, { summary: evil, description: 'x'.repeat(16_000) });
    for (const path of ['/', '/ui/incidents', `/ui/incidents/${id}`]) {
      await page.goto(path);
      await page.getByText('WorkerStalled').first().waitFor();
      expect(await page.locator('main img, main script').count()).toBe(0);
    }
    expect(await page.title()).not.toBe('1');
    expect(complaints).toEqual([]);
  });

  it.each([
    ['light', { width: 1280, height: 800 }],
    ['dark', { width: 1280, height: 800 }],
    ['light', { width: 390, height: 844 }],
    ['dark', { width: 390, height: 844 }],
  ] as const)('axe finds nothing, and nothing is wider than the screen (%s, %o)', async (colorScheme, viewport) => {
    const stage = await setStage({ past: { count: 300, endsAgoMs: 60_000, everyMs: 600_000 } });
    const id = await stage.fire(stalled, { summary: 'No batch was finished for 60 s' });
    const { page } = await openPage(browser, stage.bot.url, { colorScheme, viewport });
    const views = ['/', '/ui/incidents', `/ui/incidents/${id}`, '/ui/services'];
    for (const path of [
      ...views,
      '/ui/incidents?text=nothing-like-it',
      '/ui/incidents/none',
      '/ui/nowhere',
      '/#pause',
    ]) {
      await page.goto(path);
      await page.locator('main h1, main h2').first().waitFor();
      await page.waitForLoadState('load');
      if (path === '/#pause') await page.getByRole('button', { name: 'Pause' }).click();
      expect(await violationsOf(page), path).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(viewport.width);
    }
  });

  it('stays readable with ten thousand incidents', async () => {
    const stage = await setStage({ past: { count: 10_000, endsAgoMs: 60_000, everyMs: 60_000 } });
    const { page, complaints } = await openPage(browser, stage.bot.url);
    await page.goto('/ui/incidents');
    await page.getByRole('row').nth(20).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(200);
    expect(complaints).toEqual([]);
  });
});
