import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { colorsOf, statusClasses } from '../src/colors.ts';
import { panelsOf } from '../src/panel-queries.ts';
import { asOfNow } from '../src/promql.ts';
import { kindOf, unitsOf } from './kinds.ts';
import * as screen from './screen.ts';
import {
  allPanels,
  dashboards,
  defaultsOf,
  expressionsOf,
  failing,
  nameOf,
  overridesOf,
  stored,
} from './stored-panels.ts';

const isGraph = (panel: Panel) => panel.type === 'timeseries';
const isDrawn = (panel: Panel) => ['timeseries', 'stat'].includes(panel.type);
const perSecond = 'suffix:/s';

describe('units', () => {
  test('are those of the kind of number that the panel shows', () => {
    const wrong = allPanels
      .filter(({ panel }) => isDrawn(panel))
      .flatMap((entry) => {
        const unit = defaultsOf(entry.panel).unit ?? '';
        const kind = kindOf(expressionsOf(entry.panel)[0] ?? '');
        return unitsOf[kind].includes(unit) ? [] : [`${nameOf(entry)}: ${unit} for a ${kind}`];
      });
    expect(wrong).toEqual([]);
  });

  test('of a column of numbers are those of its query; a column of names has no unit of numbers', () => {
    const wrong = allPanels
      .filter(({ panel }) => panel.type === 'table')
      .flatMap((entry) =>
        columnsOf(entry.panel).flatMap(({ title, unit, expr }) => {
          const allowed = expr === undefined ? undefined : unitsOf[kindOf(expr)];
          return (allowed ? allowed.includes(unit) : unit !== '' && !['short', 'none'].includes(unit))
            ? []
            : [`${nameOf(entry)}: ${title} in ${unit}`];
        }),
      );
    expect(wrong).toEqual([]);
  });

  test('never shorten a number of things to thousands', () => {
    expect(failing((panel) => JSON.stringify(stored(panel).fieldConfig).includes('"short"'))).toEqual([]);
  });

  test('of a rate say of what, on the axis or in the title of the column', () => {
    const isRate = (panel: Panel) => isGraph(panel) && defaultsOf(panel).unit === perSecond;
    expect(
      failing((panel) => isRate(panel) && !/^\w+ per second$/.test(defaultsOf(panel).custom?.axisLabel ?? '')),
    ).toEqual([]);
  });

  test('of durations that may pass a minute are not the one that writes "1.67 mins"', () => {
    const highest = (panel: Panel) =>
      Math.max(...(defaultsOf(panel).thresholds?.steps ?? []).map(({ value }) => value ?? 0), 0);
    expect(failing((panel) => defaultsOf(panel).unit === 's' && highest(panel) >= 30)).toEqual([]);
    // "12 seconds, 0 milliseconds": only for what takes hours or days
    expect(failing((panel) => defaultsOf(panel).unit === 'dtdurations' && panel.title !== 'Up for')).toEqual([]);
    expect(failing((panel) => defaultsOf(panel).unit === 'dtdurations' && defaultsOf(panel).decimals !== 1)).toEqual(
      [],
    );
  });
});

/** Title, unit and query of each column; the query only of columns of numbers from Prometheus. */
function columnsOf(panel: Panel): {
  title: string;
  unit: string;
  width: number | undefined;
  minWidth: number | undefined;
  expr: string | undefined;
}[] {
  const targets = stored(panel).targets ?? [];
  const names =
    (
      panel as unknown as { transformations?: { id: string; options: { renameByName?: Record<string, string> } }[] }
    ).transformations?.find(({ id }) => id === 'organize')?.options.renameByName ?? {};
  const fieldOf = new Map(Object.entries(names).map(([field, title]) => [title, field]));
  return overridesOf(panel).map(({ matcher, properties }) => {
    const find = (id: string) => properties.find((property) => property.id === id)?.value;
    const field = fieldOf.get(matcher.options) ?? '';
    const expr = field === 'Value' ? targets[0]?.expr : targets.find(({ refId }) => field === `Value #${refId}`)?.expr;
    return {
      title: matcher.options,
      unit: String(find('unit') ?? ''),
      width: find('custom.width') as number | undefined,
      minWidth: find('custom.minWidth') as number | undefined,
      expr,
    };
  });
}

describe('tables', () => {
  const tables = allPanels.filter(({ panel }) => panel.type === 'table');

  test.each(tables.map((entry) => [nameOf(entry), entry.panel] as const))(
    '%s has room for all its columns at 1440 px',
    (_name, panel) => {
      const columns = columnsOf(panel);
      expect(columns.length).toBeGreaterThan(1);
      const needed = columns.reduce((sum, { width, minWidth }) => sum + (width ?? minWidth ?? 150), 0);
      expect(needed).toBeLessThanOrEqual(screen.panelWidth(panel.gridPos?.w ?? 0, 1440) - 16);
    },
  );

  test.each(tables.map((entry) => [nameOf(entry), entry.panel] as const))(
    '%s has columns as wide as their titles',
    (_name, panel) => {
      expect(
        columnsOf(panel).filter(
          ({ title, width, minWidth }) => screen.textWidth(title) + 16 > (width ?? minWidth ?? 0),
        ),
      ).toEqual([]);
    },
  );
});

test('every title fits on its panel at 1366 px', () => {
  expect(
    failing((panel) => screen.textWidth(panel.title ?? '') > screen.titleSpace(panel.gridPos?.w ?? 0, 1366)),
  ).toEqual([]);
});

test('the controls of every dashboard fit into one line at 1366 px', () => {
  for (const [uid, { annotations, templating, links }] of dashboards) {
    const variables = (templating?.list ?? [])
      .filter(({ hide }) => hide !== 2)
      .map(({ label, current }) => screen.variableControl(label ?? '', String(current?.text ?? '')));
    const switches = (annotations?.list ?? [])
      .filter(({ hide }) => hide !== true)
      .map(({ name }) => screen.switchControl(name ?? ''));
    const menus = (links ?? []).map(({ title }) => screen.menuControl(title ?? ''));
    const width = [...variables, ...switches, ...menus].reduce((sum, each) => sum + each + 8, 0);
    expect(width, uid).toBeLessThanOrEqual(screen.controlSpace(1366));
  }
});

describe('axes', () => {
  test('of shares begin at 0 % and end at 100 % at most, unless the data goes beyond', () => {
    const isShare = (panel: Panel) => isGraph(panel) && defaultsOf(panel).unit === 'percentunit';
    const upTo = (panel: Panel) => defaultsOf(panel).max ?? defaultsOf(panel).custom?.axisSoftMax ?? Number.NaN;
    expect(allPanels.filter(({ panel }) => isShare(panel)).length).toBeGreaterThan(4);
    expect(
      failing((panel) => isShare(panel) && !(defaultsOf(panel).min === 0 && upTo(panel) > 0 && upTo(panel) <= 1)),
    ).toEqual([]);
  });

  test('of all graphs have an end for a graph of zeros, and show the threshold', () => {
    const upTo = (panel: Panel) => defaultsOf(panel).max ?? defaultsOf(panel).custom?.axisSoftMax ?? 0;
    const highest = (panel: Panel) =>
      Math.max(0, ...(defaultsOf(panel).thresholds?.steps ?? []).map(({ value }) => value ?? 0));
    expect(failing((panel) => isGraph(panel) && (upTo(panel) <= 0 || upTo(panel) < highest(panel)))).toEqual([]);
  });
});

describe('colours', () => {
  const colored = (panel: Panel) =>
    new Map(
      overridesOf(panel).flatMap(({ matcher, properties }) =>
        properties
          .filter(({ id }) => id === 'color')
          .map(({ value }) => [matcher.options, value as { mode: string; fixedColor: string }] as const),
      ),
    );

  test.each(Object.entries(colorsOf))('of %s are different for different meanings', (label, colors) => {
    const used = Object.values(colors);
    // results of several counters: "ok" and "settled" are both good and never on one panel
    if (!['result', 'status'].includes(label)) expect(new Set(used).size).toBe(used.length);
    else expect(new Set(used).size).toBeGreaterThan(2);
  });

  test('of a status code are a shade of its class, and 200 and 201 differ', () => {
    expect(new Set(statusClasses.map(([, color]) => color)).size).toBe(statusClasses.length);
    const hues: Record<string, RegExp> = { 2: /green$/, 3: /blue$/, 4: /(orange|yellow|purple)$/, 5: /red$/ };
    for (const [code, color] of Object.entries(colorsOf['status_code'] ?? {}))
      expect(color, code).toMatch(hues[code[0] ?? ''] ?? /^$/);
    expect(colorsOf['status_code']?.[200]).not.toBe(colorsOf['status_code']?.[201]);
  });

  test('of severities and outcomes are good in green and bad in red', () => {
    expect(colorsOf['severity']).toMatchObject({ critical: 'red', warning: 'orange' });
    expect(colorsOf['outcome']).toMatchObject({ healed: 'green', failed: 'red' });
  });

  test('are given to every series whose name is a value with a meaning', () => {
    const missing = allPanels
      .filter(({ panel }) => isGraph(panel))
      .flatMap((entry) => {
        const labels = (stored(entry.panel).targets ?? []).flatMap(
          ({ legendFormat }) => /^\{\{(\w+)\}\}$/.exec(legendFormat ?? '')?.[1] ?? [],
        );
        const values = labels.flatMap((label) => Object.keys(colorsOf[label] ?? {}));
        return values.filter((value) => !colored(entry.panel).has(value)).map((value) => `${nameOf(entry)}: ${value}`);
      });
    expect(missing).toEqual([]);
  });

  test('of two fixed series on one graph are never the same', () => {
    const named = (panel: Panel) =>
      (stored(panel).targets ?? [])
        .map(({ legendFormat }) => colored(panel).get(legendFormat ?? '')?.fixedColor)
        .filter((color) => color !== undefined);
    expect(failing((panel) => isGraph(panel) && new Set(named(panel)).size < named(panel).length)).toEqual([]);
  });

  test('of a column of severities, outcomes or states are the same as on graphs', () => {
    const columns = allPanels.flatMap((entry) =>
      overridesOf(entry.panel)
        .filter(({ matcher }) => ['Severity', 'Outcome', 'status'].includes(matcher.options))
        .map((override) => ({ name: nameOf(entry), override })),
    );
    expect(columns.length).toBeGreaterThan(3);
    expect(columns.filter(({ override }) => !override.properties.some(({ id }) => id === 'mappings'))).toEqual([]);
  });
});

describe('legends', () => {
  test('of state timelines are left out: each bar has its text, where a legend would say "< 1" and "1+"', () => {
    const states = (panel: Panel) => panel.type === 'state-timeline';
    expect(
      failing(
        (panel) =>
          states(panel) &&
          (stored(panel).options?.legend?.showLegend !== false ||
            stored(panel).options?.showValue !== 'auto' ||
            (defaultsOf(panel).mappings ?? []).length === 0),
      ),
    ).toEqual([]);
  });
});

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

describe('the first screen', () => {
  test.each(dashboards)(
    '%s: the answer is open and fits under the bars of a laptop, the details are folded away',
    (_uid, dashboard) => {
      const placed = dashboard.panels ?? [];
      const open = placed.filter(({ type }) => type !== 'row');
      const rows = placed.filter(({ type }) => type === 'row') as { collapsed?: boolean }[];
      expect(rows.map(({ collapsed }) => collapsed)).toEqual([false, ...rows.slice(1).map(() => true)]);
      expect(open.length).toBeLessThanOrEqual(14);
      const end = Math.max(...open.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
      // 1440 x 900 leaves about 700 pixels
      expect(end * screen.rowHeight).toBeLessThanOrEqual(700);
    },
  );
});

describe('marks', () => {
  test.each(dashboards)('%s has them only on graphs that are at least half the screen wide', (_uid, dashboard) => {
    const wide = panelsOf(dashboard)
      .filter((panel) => isGraph(panel) && (panel.gridPos?.w ?? 0) >= 12)
      .map(({ id }) => id);
    expect(wide.length).toBeGreaterThan(0);
    for (const { filter } of dashboard.annotations?.list ?? []) expect(filter).toEqual({ exclude: false, ids: wide });
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
