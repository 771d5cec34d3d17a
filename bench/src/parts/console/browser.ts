import { type Browser, chromium } from 'playwright-core';
import { chromiumPath } from '../../requirements.ts';

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });

export interface PageFigures {
  paintMs: number;
  /** From the start of the navigation until the first heading and what the bot answered are there. */
  contentMs: number;
  longestTaskMs: number;
  busyPercent: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  tid: number;
  pid: number;
  /** Microseconds of processor time. */
  tdur?: number;
  args?: { name?: string };
}

/** Opens a page in a fresh profile, and watches its main thread for so long after it is there. */
export async function watchPage(
  browser: Browser,
  url: string,
  watchMs: number,
): Promise<PageFigures & Record<string, number>> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('main h1').first().waitFor();
    await page.locator('main table tr, main form').first().waitFor();
    const { paintMs, contentMs } = await page.evaluate(() => ({
      paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      contentMs: performance.now(),
    }));
    await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
    await page.waitForTimeout(watchMs);
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    return { paintMs, contentMs, ...tasksOf(trace.traceEvents, watchMs) };
  } finally {
    await context.close();
  }
}

/** The tasks of the busiest renderer's main thread. */
function tasksOf(events: readonly TraceEvent[], watchMs: number): Pick<PageFigures, 'longestTaskMs' | 'busyPercent'> {
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const durations = events
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid}/${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000);
  const sum = durations.reduce((total, ms) => total + ms, 0);
  return { longestTaskMs: Math.max(0, ...durations), busyPercent: (100 * sum) / Math.max(1, watchMs) };
}
