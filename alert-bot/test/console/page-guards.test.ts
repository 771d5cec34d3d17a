import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { composeBody } from '../runtime/fake-world.ts';
import { createCertificate } from '../support/certificate.ts';
import { type ReverseProxy, startReverseProxy } from '../support/reverse-proxy.ts';
import { hasChromium, launch, openPage } from './browser.ts';
import { type Stage, setStage } from './stage.ts';

const stalled = { alertname: 'WorkerStalled', service: 'worker', severity: 'warning', job: 'worker' };
const publicUrl = 'https://bot.example.org';
const skipped = !hasChromium && process.env['CI'] !== 'true';

const pausedOf = async ({ bot }: Stage) =>
  ((await (await fetch(`${bot.url}/status`)).json()) as { paused: unknown }).paused;

async function pause(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Pause the bot' }).click();
}

/** A page of somebody else, also on https. */
async function startStranger(): Promise<number> {
  const server = createServer(createCertificate(), (_req, res) => res.end('<!doctype html><title>a stranger</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

async function startProxy(stage: Stage, host: 'kept' | 'rewritten'): Promise<ReverseProxy> {
  const proxy = await startReverseProxy(() => stage.bot.url, host);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** A browser for which these names are here. */
async function launchWith(names: Record<string, number>): Promise<Browser> {
  const rules = Object.entries(names).map(([name, port]) => `MAP ${name}:443 127.0.0.1:${port}`);
  const browser = await launch([`--host-resolver-rules=${rules.join(',')}`]);
  onTestFinished(() => browser.close());
  return browser;
}

describe.skipIf(skipped)('behind a reverse proxy', { timeout: 60_000 }, () => {
  it.each(['kept', 'rewritten'] as const)('with PUBLIC_URL its page is live and acts (Host %s)', async (host) => {
    const stage = await setStage({ env: { PUBLIC_URL: publicUrl } });
    const proxy = await startProxy(stage, host);
    const browser = await launchWith({ 'bot.example.org': proxy.port });
    const { page, complaints, strangers } = await openPage(browser, publicUrl, { ignoreHTTPSErrors: true });
    await page.goto('/');
    await page.getByText('live', { exact: true }).waitFor();
    await stage.fire(stalled); // the stream passes through
    await page.getByRole('button', { name: 'Approve' }).waitFor({ timeout: 10_000 });
    await pause(page);
    await page.getByText('Paused until').first().waitFor();
    expect(await pausedOf(stage)).not.toBeNull();
    expect([complaints, strangers]).toEqual([[], []]);
  });

  it('without PUBLIC_URL a page of that name may look and not act, and the page says so', async () => {
    const stage = await setStage();
    const proxy = await startProxy(stage, 'rewritten');
    const browser = await launchWith({ 'bot.example.org': proxy.port });
    const { page } = await openPage(browser, publicUrl, { ignoreHTTPSErrors: true });
    await page.goto('/');
    await pause(page);
    await page.getByText('Pages of other sites may not act here.').waitFor();
    expect(await pausedOf(stage)).toBeNull();
  });

  it('pages of other sites cannot act, whatever they send', async () => {
    const stage = await setStage({ env: { PUBLIC_URL: publicUrl } });
    const proxy = await startProxy(stage, 'kept');
    const browser = await launchWith({ 'bot.example.org': proxy.port, 'evil.example.org': await startStranger() });
    const { page } = await openPage(browser, 'https://evil.example.org', { ignoreHTTPSErrors: true });
    await page.goto('/');
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
      for (const mode of ['cors', 'no-cors'])
        await page.evaluate(
          ([url, contentType, how]) =>
            fetch(url as string, {
              method: 'POST',
              mode: how as 'cors',
              headers: { 'content-type': contentType as string },
              body: '{"minutes":30}',
            }).catch(() => undefined),
          [`${publicUrl}/pause`, type, mode],
        );
    await page.setContent(
      `<form method="post" enctype="text/plain" action="${publicUrl}/pause"><input name='{"minutes":30,"reason":"' value='"}'><button>go</button></form>`,
    );
    await page.getByRole('button').click();
    await page.waitForURL(`${publicUrl}/pause`);
    expect(await pausedOf(stage)).toBeNull();
    const framed = await page.goto(`${publicUrl}/`);
    expect(framed?.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  });
});

describe.skipIf(skipped)('what others wrote', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const turned = '\u202edesrever\u2066\u061c\u200f';
  const colours = '\u001b[31mred\u001b[0m\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007';
  const long = 'x'.repeat(16_000);
  const hostile = `${markup}${turned}${colours}`;
  /** No name of a service: such a container is no target, and the page does not list it. */
  const hostileName = `<img src=x onerror="document.title=1">${turned}`;

  it('is text on every page: names of services, log lines, labels, annotations, addresses', async () => {
    const stage = await setStage({
      seed: (engine) => void engine.seed('demo-evil-1', composeBody(hostileName)),
      workerLog: [hostile, `${colours}${long}`, '{"msg":"</pre><script>document.title=1</script>"}'],
    });
    const labels = { ...stalled, [markup.replaceAll(/\W/g, '_')]: hostile, severity: hostile };
    const annotations = { summary: hostile, description: long, runbook_url: 'javascript:document.title=1' };
    const id = await stage.fire(labels, annotations);
    await stage.fire({ alertname: hostile, service: hostile }, { summary: `${long}${hostile}` });
    await fetch(`${stage.bot.url}/incidents/${id}/approve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: hostile, note: hostile }),
    });
    await expect.poll(() => stage.engine.events, { timeout: 15_000 }).toContain('restart demo-worker-1');
    const { page, complaints, strangers } = await openPage(browser, stage.bot.url, {
      viewport: { width: 390, height: 844 },
    });
    for (const path of [
      '/',
      '/ui/incidents',
      `/ui/incidents/${id}`,
      '/ui/services',
      `/ui/incidents?service=${encodeURIComponent(hostileName)}`,
    ]) {
      await page.goto(path);
      await page.locator('main h1').first().waitFor();
      await page
        .getByText(path === '/ui/services' ? 'worker' : 'onerror')
        .first()
        .waitFor({ state: 'attached' });
      expect(await page.locator('main img, main script').count(), path).toBe(0);
      const text = await page.evaluate('document.body.innerText');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
      expect(text, path).not.toMatch(/[\u001b\u202e\u2066\u061c\u200f]/);
      const addresses = await page.evaluate('[...document.querySelectorAll("a[href]")].map((a) => a.protocol)');
      expect(new Set(addresses as string[]), path).not.toContain('javascript:');
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(390);
    }
    expect(await page.title()).not.toBe('1');
    expect([complaints, strangers]).toEqual([[], []]);
  });

  it('does not lie over what stands beside it on a phone', async () => {
    const stage = await setStage({ past: { count: 300, endsAgoMs: 60_000, everyMs: 600_000 } });
    const { page } = await openPage(browser, stage.bot.url, { viewport: { width: 390, height: 844 } });
    for (const path of ['/', '/ui/incidents', '/ui/services']) {
      await page.goto(path);
      await page.getByRole('row').nth(2).waitFor();
      const spilling = await page.evaluate(
        '[...document.querySelectorAll("td, th")].filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)',
      );
      expect(spilling, path).toEqual([]);
      const tallest = await page.evaluate(
        'Math.max(0, ...[...document.querySelectorAll(".when time")].map((time) => time.getBoundingClientRect().height))',
      );
      expect(tallest, path).toBeLessThan(55); // the day and the time: two lines, and no break inside the time
    }
  });
});
