import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IncidentEvent } from '@stack/alert-bot/src/incidents/event.ts';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import { describeEvent } from '../src/demo/describe-event.ts';
import { createDisplay, sparkline } from '../src/demo/display.ts';
import { timesOf } from '../src/demo/healing-times.ts';
import { ticksUpTo } from '../src/demo/plot.ts';
import { renderReport } from '../src/demo/report.ts';
import type { DemoResult } from '../src/demo/run-demo.ts';
import { formatSummary } from '../src/demo/summary.ts';
import type { StoryResult } from '../src/demo/telling.ts';
import { quantile, startTraffic, type Traffic } from '../src/demo/traffic.ts';

const startedAt = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(startedAt + seconds * 1_000).toISOString();
const action = { type: 'restart', target: 'api', service: 'api' } as const;
const head = { v: 2, seq: 1, incident: 'i' } as const;
const received = {
  ...head,
  at: at(7),
  type: 'received',
  alert: { status: 'firing', labels: {}, startsAt: at(6), fingerprint: 'f' },
} as const;
const acted = (seconds: number, ok: boolean): IncidentEvent => ({
  ...head,
  at: at(seconds),
  type: 'acted',
  attempt: 1,
  ok,
  after: [],
});
const verified = (seconds: number, outcome: 'healed' | 'ineffective'): IncidentEvent => ({
  ...head,
  at: at(seconds),
  type: 'verified',
  attempt: 1,
  purpose: 'repair',
  outcome,
  target: 'ok',
  alert: outcome === 'healed' ? 'gone' : 'firing',
  seconds: 10,
});

describe('the time to heal', () => {
  it('runs from the fault over the receipt and the action that helped to the proof', () => {
    const timeline = [received, acted(8, false), acted(12, true), verified(20, 'healed')];
    expect(timesOf(timeline, startedAt)).toEqual({ detect: 7, act: 5, verify: 8, total: 20 });
  });

  it('is unknown until it was verified', () => {
    expect(timesOf([received, acted(8, true)], startedAt)).toBeUndefined();
    expect(timesOf([received, acted(8, true), verified(60, 'ineffective')], startedAt)).toBeUndefined();
  });
});

describe('a line of the story', () => {
  it.each<[IncidentEvent, string | undefined]>([
    [received, 'the alert bot has APIDown'],
    [
      { ...head, at: at(7), type: 'decided', decision: 'act', reason: 'matched', trigger: 'delivery', action },
      'decision: restart api (matched)',
    ],
    [
      { ...head, at: at(7), type: 'decided', decision: 'skip', reason: 'paused', trigger: 'delivery' },
      'decision: nothing now (paused)',
    ],
    [acted(8, false), 'the action failed: unknown'],
    [verified(20, 'ineffective'), 'verified: ineffective (target ok, alert firing)'],
    [{ ...head, at: at(9), type: 'evidence', attempt: 1, evidence: {} }, undefined],
  ])('%# tells an event in plain words', (event, text) => {
    expect(describeEvent(event, 'APIDown')?.text).toBe(text);
  });
});

const story: StoryResult = {
  scenario: 'latency',
  title: 'slow <API>',
  injectedAt: startedAt,
  endedAt: startedAt + 21_000,
  healed: true,
  times: { detect: 7, act: 5, verify: 8, total: 20 },
  steps: [{ at: startedAt, phase: 'injected', text: 'injecting <400 ms>' }],
  incident: { id: 'i', alertname: 'APIHighLatency', action: 'restart api', attempts: 1 },
};
const { times: _times, ...unhealed } = story;
const failed: StoryResult = { ...unhealed, healed: false, problem: 'not healed within 120 s' };

describe('the summary', () => {
  it('says what healed in which time and what did not', () => {
    const [header, first, second] = formatSummary([story, failed]).split('\n');
    expect(header).toMatch(/story +result +healed in +detect +act +verify/);
    expect(first).toMatch(/slow <API> +healed +20\.0 s +7\.0 s +5\.0 s +8\.0 s +APIHighLatency → restart api/);
    expect(second).toMatch(/NOT HEALED +– +– +– +– +not healed within 120 s/);
  });
});

describe('the report', () => {
  const result: DemoResult = {
    startedAt,
    endedAt: startedAt + 30_000,
    stack: { kind: 'local', fast: true },
    healed: false,
    stories: [story, failed],
    samples: [
      { at: startedAt, p95: 10, requestsPerSecond: 20, failed: 0, backlog: 5, workers: 1 },
      { at: startedAt + 1_000, requestsPerSecond: 0, failed: 3 },
      { at: startedAt + 2_000, p95: 410, requestsPerSecond: 20, failed: 0, backlog: 900, workers: 3 },
    ],
    requests: { 200: 40, none: 3 },
  };
  const page = renderReport(result);

  it('needs nothing from elsewhere', () => {
    expect(page).not.toMatch(/<script|<link|src=|url\(|https?:/);
  });

  it('shows every story with its times, and its texts as text', () => {
    expect(page).toContain('Not everything healed');
    expect(page).toContain('20.0 s');
    expect(page).toContain('injecting &lt;400 ms&gt;');
    expect(page).not.toContain('<400');
    expect(page).toContain('40 × 200, 3 × no answer');
  });

  it('draws gaps as gaps and no value outside of the plot', () => {
    const paths = [...page.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path ?? '');
    expect(paths).toHaveLength(3);
    expect(paths[0]?.match(/M/g)).toHaveLength(2);
    expect(page).not.toContain('NaN');
  });
});

describe('the live display', () => {
  it('scales the sparkline to its largest value', () => {
    expect(sparkline([0, 50, 100, undefined, 100])).toBe('▁▄█ █');
  });

  it('prints plain lines when it is no terminal', () => {
    let written = '';
    const display = createDisplay({ write: (text) => (written += text), isTTY: false });
    display.heading('slow API', startedAt);
    display.line('APIHighLatency fires', 'firing', startedAt + 6_400);
    display.sample({ at: startedAt, requestsPerSecond: 1, failed: 0 });
    display.close();
    expect(written).toBe('\n== slow API\n   6.4 s  ● APIHighLatency fires\n');
  });

  it('redraws its footer below the lines on a terminal', () => {
    let written = '';
    const display = createDisplay({ write: (text) => (written += text), isTTY: true });
    display.sample({ at: startedAt, p95: 12, requestsPerSecond: 20, failed: 0, backlog: 3, workers: 1 });
    display.line('fires', 'firing', startedAt);
    expect(written).toContain('\u001b[3A\u001b[0J');
    expect(written.trimEnd().split('\n').at(-1)).toMatch(/^backlog .* 3 {3}1 worker/);
  });
});

describe('the plots', () => {
  it.each([
    [3, [0, 1, 2, 3]],
    [250, [0, 100, 200, 300]],
    [4_100, [0, 2_000, 4_000, 6_000]],
  ])('have round numbers up to %s', (highest, ticks) => {
    expect(ticksUpTo(highest)).toEqual(ticks);
  });
});

describe('the traffic', () => {
  let server: Server | undefined;
  let traffic: Traffic | undefined;
  afterEach(async () => {
    await traffic?.stop();
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(answer: (respond: (status: number) => void) => void): Promise<string> {
    server = createServer((req, res) => {
      req.resume();
      answer((status) => res.writeHead(status).end('{}'));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server?.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('counts answers by their status', async () => {
    let index = 0;
    const api = await serve((respond) => respond(index++ % 2 === 0 ? 200 : 500));
    traffic = startTraffic({ api, perSecond: 100 });
    await eventually(() => expect(traffic?.totals()['500']).toBeGreaterThan(10));
    const { requests, failed: broken } = traffic.look(60_000);
    expect(broken).toBeGreaterThan(requests / 3);
  });

  it('keeps its pace and shows the waiting when nothing answers', async () => {
    let asked = 0;
    const api = await serve(() => {
      asked += 1;
    });
    traffic = startTraffic({ api, perSecond: 50 });
    await eventually(() => expect(asked).toBeGreaterThan(30));
    expect(traffic.look(3_000).p95).toBeGreaterThan(100);
  });

  it.each([
    [[], 0.95, undefined],
    [[7], 0.95, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [Array.from({ length: 100 }, (_, i) => i + 1), 0.95, 95],
  ])('%# takes the nearest rank', (sorted, q, expected) => {
    expect(quantile(sorted, q)).toBe(expected);
  });
});
