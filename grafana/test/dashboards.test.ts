import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, test } from 'vitest';
import { buildDashboards } from '../src/dashboards.ts';
import { emptyWhenHealthy } from '../src/empty-when-healthy.ts';
import { gridWidth } from '../src/layout.ts';
import { panelsOf } from '../src/panel-queries.ts';

const dashboards = Object.entries(buildDashboards());
const allPanels = dashboards.flatMap(([uid, dashboard]) => panelsOf(dashboard).map((panel) => ({ uid, panel })));
const nameOf = ({ uid, panel }: { uid: string; panel: Panel }) => `${uid}: ${panel.title}`;
const failing = (broken: (panel: Panel) => boolean) => allPanels.filter(({ panel }) => broken(panel)).map(nameOf);
const knownUnits: string[] = Object.values(units).filter((unit) => typeof unit === 'string');

/** The parts of a stored panel that its SDK type leaves open. */
interface Stored {
  options?: { legend?: { showLegend?: boolean } };
  targets?: { refId?: string; expr?: string; instant?: boolean; legendFormat?: string }[];
  fieldConfig?: {
    defaults: { unit?: string; noValue?: string; thresholds?: { steps: { value: number | null }[] } };
    overrides: { properties: { id: string; value?: unknown }[] }[];
  };
}
const stored = (panel: Panel) => panel as unknown as Stored;

describe('dashboards', () => {
  test('there are the six, each under its uid', () => {
    expect(dashboards.map(([, dashboard]) => dashboard.uid)).toEqual(dashboards.map(([uid]) => uid));
    expect(dashboards.map(([uid]) => uid).sort()).toEqual(
      ['api', 'containers', 'database', 'host', 'overview', 'self-healing', 'worker'], // biome-ignore format: one line
    );
  });

  test.each(dashboards)('%s is a classic dashboard that Grafana 11 knows', (_uid, dashboard) => {
    expect(dashboard.schemaVersion).toBe(39);
    expect(dashboard).not.toHaveProperty('elements'); // the v2 schema has elements and a layout instead of panels
    expect(JSON.stringify(dashboard)).not.toContain('angular');
  });

  test.each(dashboards)('%s links to every other dashboard and keeps the time range', (uid, dashboard) => {
    const others = dashboards.map(([other]) => `/d/${other}`).filter((url) => url !== `/d/${uid}`);
    expect(dashboard.links?.map((link) => link.url)).toEqual(others);
    expect(dashboard.links?.every((link) => link.keepTime && !('placement' in link))).toBe(true);
  });

  test('every link anywhere points to a dashboard that exists or to the runbooks', () => {
    const urls = [...JSON.stringify(buildDashboards()).matchAll(/"url":"([^"]*)"/g)].map((match) => match[1]!);
    const known = (url: string) =>
      url === 'http://localhost:5001/runbooks' || dashboards.some(([uid]) => url.split('?')[0] === `/d/${uid}`);
    expect(urls.length).toBeGreaterThan(30);
    expect(urls.filter((url) => !known(url))).toEqual([]);
  });

  test('every alert that links to a dashboard links to one that exists', () => {
    const rules = readFileSync(join(import.meta.dirname, '../../prometheus/alert.rules.yml'), 'utf8');
    const linked = [...rules.matchAll(/dashboard_url: \S+\/d\/([\w-]+)/g)].map((match) => match[1]!);
    expect(linked.filter((uid) => !(uid in buildDashboards()))).toEqual([]);
  });

  test.each(dashboards)('%s has variables for instance and interval', (_uid, dashboard) => {
    expect(dashboard.templating?.list?.map((variable) => variable.name)).toEqual(['instance', 'interval']);
  });

  test.each(dashboards)(
    '%s marks what the bot did, what it gave up, what fired and what was restarted',
    (_uid, dashboard) => {
      const list = dashboard.annotations?.list ?? [];
      expect(list.map((entry) => entry.name)).toEqual([
        'Bot actions',
        'Outcomes',
        'Escalations',
        'Alerts',
        'Process starts',
      ]);
      expect(list.every((entry) => entry.enable && entry.datasource?.uid === 'prometheus')).toBe(true);
    },
  );
});

describe('panels', () => {
  test('have a title that is unique on their dashboard and type, and a description that says more than it', () => {
    expect(failing((panel) => !panel.title || (panel.description ?? '').length < 30)).toEqual([]);
    const seen = allPanels.map(({ uid, panel }) => `${uid}/${panel.title}/${panel.type}`);
    expect(seen.filter((name, index) => seen.indexOf(name) !== index)).toEqual([]);
  });

  test('have a unit that Grafana knows, in overrides too', () => {
    expect(failing((panel) => !knownUnits.includes(stored(panel).fieldConfig?.defaults.unit ?? ''))).toEqual([]);
    const overridden = allPanels
      .flatMap(({ panel }) => stored(panel).fieldConfig?.overrides.flatMap((override) => override.properties) ?? [])
      .filter((property) => property.id === 'unit')
      .map((property) => property.value as string);
    expect(overridden.filter((unit) => !knownUnits.includes(unit))).toEqual([]);
  });

  test('that draw several series have a legend, and every series a name', () => {
    const drawn = (panel: Panel) => panel.type === 'timeseries' || panel.type === 'state-timeline';
    expect(failing((panel) => drawn(panel) && !stored(panel).options?.legend?.showLegend)).toEqual([]);
    const isNamed = (target: { legendFormat?: string }) =>
      Boolean(target.legendFormat) && target.legendFormat !== '__auto';
    expect(failing((panel) => drawn(panel) && !stored(panel).targets?.every(isNamed))).toEqual([]);
  });

  test('say something better than "No data" when there is none', () => {
    expect(failing((panel) => !stored(panel).fieldConfig?.defaults.noValue)).toEqual([]);
  });

  test('show a number in a colour that means something', () => {
    expect(failing((panel) => panel.type === 'stat' && !stored(panel).fieldConfig?.defaults.thresholds)).toEqual([]);
  });

  test('have thresholds in ascending order, the first from minus infinity', () => {
    const steps = (panel: Panel) =>
      stored(panel).fieldConfig?.defaults.thresholds?.steps.map((step) => step.value) ?? [null];
    const isAscending = (values: (number | null)[]) =>
      values[0] === null && values.slice(1).every((value, i, rest) => i === 0 || value! > rest[i - 1]!);
    expect(failing((panel) => !isAscending(steps(panel)))).toEqual([]);
  });

  test('ask for windows of hours once, not at every point of a graph', () => {
    const long = (target: { expr?: string; instant?: boolean }) =>
      /\[\d+[hd]\]/.test(target.expr ?? '') && !target.instant;
    expect(failing((panel) => stored(panel).targets?.some(long) ?? false)).toEqual([]);
  });

  test('give each of their queries its own letter', () => {
    const letters = (panel: Panel) => stored(panel).targets?.map((target) => target.refId) ?? [];
    expect(
      failing((panel) => letters(panel).length === 0 || new Set(letters(panel)).size < letters(panel).length),
    ).toEqual([]);
  });
});

describe('layout', () => {
  const placed = (dashboard: { panels?: (Panel | RowPanel)[] }) =>
    (dashboard.panels ?? []).map((panel) => ({ title: panel.title, id: panel.id, ...panel.gridPos! }));
  type Placed = ReturnType<typeof placed>[number];
  const overlap = (a: Placed, b: Placed) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  test.each(dashboards)('%s: no panel overlaps another or leaves the grid', (_uid, dashboard) => {
    const panels = placed(dashboard);
    const overlaps = panels.flatMap((a, i) =>
      panels
        .slice(i + 1)
        .filter((b) => overlap(a, b))
        .map((b) => `${a.title} / ${b.title}`),
    );
    expect(overlaps).toEqual([]);
    expect(panels.filter((panel) => panel.x < 0 || panel.x + panel.w > gridWidth || panel.h < 1)).toEqual([]);
  });

  test.each(dashboards)('%s: every line is full, so nothing floats up into a gap', (_uid, dashboard) => {
    const widths = new Map<number, number>();
    for (const panel of placed(dashboard)) widths.set(panel.y, (widths.get(panel.y) ?? 0) + panel.w);
    expect([...widths].filter(([, width]) => width !== gridWidth)).toEqual([]);
  });

  test.each(dashboards)('%s: ids are unique', (_uid, dashboard) => {
    const ids = placed(dashboard).map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(dashboards)('%s: the answer is in the first numbers, which fit on a laptop', (_uid, dashboard) => {
    // 1440 x 900 leaves about 19 rows of 38 pixels under Grafana's own bars
    const first = placed(dashboard).filter((panel) => panel.y + panel.h <= 19);
    expect(first.length).toBeGreaterThanOrEqual(8);
  });

  test('no number is narrower than a sixth of the screen, no graph narrower than a quarter', () => {
    expect(failing((panel) => panel.gridPos!.w < (panel.type === 'stat' ? 4 : 6))).toEqual([]);
  });
});

describe('the list of panels that may be empty', () => {
  test('names panels that exist, once each, and they say in words why they are empty', () => {
    const listed = emptyWhenHealthy.map(({ dashboard, panel }) => `${dashboard}: ${panel}`);
    expect(new Set(listed).size).toBe(listed.length);
    for (const name of listed) {
      const found = allPanels.find((entry) => nameOf(entry) === name);
      expect(found, name).toBeDefined();
      expect(stored(found!.panel).fieldConfig?.defaults.noValue, name).not.toBe('not reported');
    }
  });
});
