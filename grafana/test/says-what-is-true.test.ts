import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { asOfNow } from '../src/promql.ts';
import { allPanels, dashboards, expressionsOf, failing, nameOf, stored } from './stored-panels.ts';

describe('the window', () => {
  test('is the same variable in every query; a panel with another one says so in its title', () => {
    const fixed: Record<string, RegExp> = { '24h': /24 h/, '1h': /1 h/, '5m': /5 min/, '30d': /budget|30 days/ };
    const wrong = allPanels.flatMap((entry) =>
      expressionsOf(entry.panel).flatMap((expr) =>
        [...expr.replaceAll(/"[^"]*"/g, '').matchAll(/\[([^\]]+)\]/g)]
          .map((match) => match[1] ?? '')
          .filter((window) => !['$interval', '11s'].includes(window) && !fixed[window]?.test(entry.panel.title ?? ''))
          .map((window) => `${nameOf(entry)}: ${window}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('is not in the name of a recorded series either, but where the legend or the title names it', () => {
    const hidden = allPanels.flatMap((entry) =>
      (stored(entry.panel).targets ?? [])
        .filter(({ expr, legendFormat }) => {
          const window = /\b\w+:\w+:\w*?(\d+[mhd])\b/.exec(expr ?? '')?.[1];
          return window !== undefined && legendFormat !== window && !/30 days|budget/.test(entry.panel.title ?? '');
        })
        .map(() => nameOf(entry)),
    );
    expect(hidden).toEqual([]);
  });

  test('is chosen in one place, with one default, and is as long as that of the alerts', () => {
    const chosen = dashboards.map(([, { templating }]) => templating?.list?.find(({ name }) => name === 'interval'));
    expect(new Set(chosen.map((variable) => JSON.stringify(variable))).size).toBe(1);
    expect(chosen[0]).toMatchObject({ auto: true, auto_min: '1m', current: { text: 'auto' } });
  });
});

describe('the overview', () => {
  const rules = readFileSync(join(import.meta.dirname, '../../prometheus/alert.rules.yml'), 'utf8');
  const open = (dashboards.find(([uid]) => uid === 'overview')?.[1].panels ?? []).filter(
    ({ type }) => type !== 'row',
  ) as Panel[];
  const exprOf = (title: string) => expressionsOf(open.find((panel) => panel.title === title) as Panel).join();

  test('judges the requests that the alerts judge: no health checks, no faults', () => {
    const judged = /path!~"[^"]*"/.exec(rules)?.[0] as string;
    for (const title of ['API latency, p95', 'API error share']) expect(exprOf(title)).toContain(judged);
  });

  test('says on the first screen which faults somebody switched on', () => {
    expect(exprOf('Faults on')).toMatch(/api_fault_active.*worker_fault_active/);
  });

  test('counts as healed what was repaired and lasted: no scaling back, no relapse', () => {
    expect(exprOf('Healed, 24 h')).toMatch(
      /purpose="repair",outcome="healed".*- .*purpose="repair",outcome="relapsed"/,
    );
  });

  test('shows an error budget between 0 and 100 %, and only of a day of data', () => {
    for (const title of ['Error budget', 'Latency budget']) {
      expect(exprOf(title)).toMatch(
        /^clamp\(.*, 0, 1\) and on \(\) .* and on \(\) sum\(count_over_time\(.*\[30d\]\)\) >= 1440$/,
      );
    }
  });
});

describe('after a restart of Prometheus, which marks nothing as gone', () => {
  test('the last word of a replica counts for two scrapes, as in the alerts', () => {
    const plain = /(?<!\w)(up|(api|worker|alertbot|process|nodejs|container)_\w+)(\{[^}]*\})?(?![\w[{])/;
    expect(
      failing((panel) => expressionsOf(panel).some((expr) => plain.test(expr.replaceAll(/"[^"]*"/g, '""')))),
    ).toEqual([]);
    expect(asOfNow('count(up == 0) + sum(rate(api_x_total{job="api"}[1m])) - worker_y{job="up"}')).toBe(
      'count(last_over_time(up[11s]) == 0) + sum(rate(api_x_total{job="api"}[1m])) - last_over_time(worker_y{job="up"}[11s])',
    );
  });
});

describe('before anything ran', () => {
  test('no panel divides by nothing, which is NaN, or calls no requests 100 %', () => {
    const always = ['api: All routes: 5xx share, 5 min'];
    const divides = (panel: Panel) =>
      expressionsOf(panel).some((expr) => / \/ \(*sum\(rate/.test(expr) && !expr.includes('> 0'));
    expect(failing(divides).filter((name) => !always.includes(name))).toEqual([]);
    expect(
      failing((panel) => expressionsOf(panel).some((expr) => /slo:bad:ratio\S* or vector\(0\)/.test(expr))),
    ).toEqual([]);
  });
});

test('no address of a machine is in a dashboard: links lead to dashboards, or to where the bot says it is reached', () => {
  const text = JSON.stringify(dashboards);
  expect(text).not.toMatch(/https?:\/\/|localhost|127\.0\.0\.1/);
  const urls = [...text.matchAll(/"url":"([^"]*)"/g)].map((match) => match[1] ?? '');
  expect(urls.length).toBeGreaterThan(5);
  expect(urls.filter((url) => url !== '' && !/^\/d\/[\w-]+\?|^\$\{bot:raw\}\//.test(url))).toEqual([]);
  const catalogue = readFileSync(join(import.meta.dirname, '../../prometheus/metrics.md'), 'utf8');
  const bot = dashboards.map(([, { templating }]) => templating?.list?.find(({ name }) => name === 'bot'));
  for (const variable of bot) {
    const metric = /query_result\(max by \(url\) \((\w+)\{/.exec(variable?.definition ?? '')?.[1];
    expect(catalogue).toContain(`| \`${metric}\``);
    expect(variable).toMatchObject({ hide: 2, regex: '/url="([^"]+)"/' });
  }
});
