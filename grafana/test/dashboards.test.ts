import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, test } from 'vitest';
import { buildDashboards } from '../src/dashboards.ts';
import { emptyWhenHealthy } from '../src/empty-when-healthy.ts';
import { gridWidth } from '../src/layout.ts';
import { dashboardTag } from '../src/links.ts';
import { allPanels, dashboards, failing, nameOf, stored } from './stored-panels.ts';

const knownUnits: string[] = Object.values(units).filter((unit) => typeof unit === 'string');
/** Grafana takes any text after these. */
const isKnown = (unit: string) => knownUnits.includes(unit) || /^(suffix|prefix|count|si):./.test(unit);

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

  test.each(dashboards)(
    '%s has the menu of all dashboards, which keeps the time range, and is in it',
    (_uid, dashboard) => {
      expect(dashboard.links).toMatchObject([
        { type: 'dashboards', tags: [dashboardTag], asDropdown: true, keepTime: true },
      ]);
      expect(dashboard.links?.every((link) => !('placement' in link))).toBe(true); // Grafana 13 would hide it
      expect(dashboard.tags).toEqual([dashboardTag]);
    },
  );

  test('every link to a dashboard points to one that exists', () => {
    const uids = [...JSON.stringify(buildDashboards()).matchAll(/"url":"\/d\/([\w-]+)/g)].map((match) => match[1]!);
    expect(uids.length).toBeGreaterThan(5);
    expect(uids.filter((uid) => !(uid in buildDashboards()))).toEqual([]);
  });

  test('every alert that links to a dashboard links to one that exists', () => {
    const rules = readFileSync(join(import.meta.dirname, '../../prometheus/alert.rules.yml'), 'utf8');
    const linked = [...rules.matchAll(/dashboard_url: .*\/d\/([\w-]+)/g)].map((match) => match[1]!);
    expect(linked.length).toBeGreaterThan(10);
    expect(linked.filter((uid) => !(uid in buildDashboards()))).toEqual([]);
  });

  test.each(dashboards)('%s has variables for instance and window, and one that nobody sees', (_uid, dashboard) => {
    expect(dashboard.templating?.list?.map((variable) => variable.name)).toEqual(['instance', 'interval', 'bot']);
  });

  test.each(dashboards)(
    '%s marks what the bot did, what it gave up, what fired and what was restarted',
    (_uid, dashboard) => {
      const list = dashboard.annotations?.list ?? [];
      expect(list.map((entry) => entry.name)).toEqual([
        ...[
          'Bot actions',
          'Healed',
          'Not healed',
          'Escalations',
          'Alerts',
          'Warnings',
          'Injected faults',
          'Process starts',
        ],
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
    expect(failing((panel) => !isKnown(stored(panel).fieldConfig?.defaults.unit ?? ''))).toEqual([]);
    const overridden = allPanels
      .flatMap(({ panel }) => stored(panel).fieldConfig?.overrides.flatMap((override) => override.properties) ?? [])
      .filter((property) => property.id === 'unit')
      .map((property) => property.value as string);
    expect(overridden.filter((unit) => !isKnown(unit))).toEqual([]);
  });

  test('that draw several series have a legend, and every series a name', () => {
    const drawn = (panel: Panel) => panel.type === 'timeseries' || panel.type === 'state-timeline';
    expect(failing((panel) => panel.type === 'timeseries' && !stored(panel).options?.legend?.showLegend)).toEqual([]);
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
  /** Everything unfolded: each section with its panels, one at a time. */
  const placed = (dashboard: Dashboard) =>
    (dashboard.panels ?? [])
      .flatMap((panel) => [panel, ...(panel.type === 'row' ? (panel as RowPanel).panels : [])])
      .map((panel) => ({ title: panel.title, id: panel.id, ...panel.gridPos! }));
  /** The sections as Grafana unfolds them. */
  const sectionsOf = (dashboard: Dashboard) => {
    const panels = dashboard.panels ?? [];
    const at = ({ title, id, gridPos }: Panel | RowPanel) => ({ title, id, ...gridPos! });
    const open = panels.filter(({ type }) => type !== 'row').map(at);
    return [open, ...panels.flatMap((panel) => (panel.type === 'row' ? [(panel as RowPanel).panels.map(at)] : []))];
  };
  type Placed = ReturnType<typeof placed>[number];
  const overlap = (a: Placed, b: Placed) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  test.each(dashboards)('%s: no panel overlaps another or leaves the grid', (_uid, dashboard) => {
    const overlaps = sectionsOf(dashboard).flatMap((panels) =>
      panels.flatMap((a, i) =>
        panels
          .slice(i + 1)
          .filter((b) => overlap(a, b))
          .map((b) => `${a.title} / ${b.title}`),
      ),
    );
    expect(overlaps).toEqual([]);
    expect(placed(dashboard).filter((panel) => panel.x < 0 || panel.x + panel.w > gridWidth || panel.h < 1)).toEqual(
      [],
    );
  });

  test.each(dashboards)('%s: every line is full, so nothing floats up into a gap', (_uid, dashboard) => {
    for (const panels of sectionsOf(dashboard)) {
      const widths = new Map<number, number>();
      for (const panel of panels) widths.set(panel.y, (widths.get(panel.y) ?? 0) + panel.w);
      expect([...widths].filter(([, width]) => width !== gridWidth)).toEqual([]);
    }
  });

  test.each(dashboards)('%s: ids are unique', (_uid, dashboard) => {
    const ids = placed(dashboard).map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
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
