import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { panelsOf } from '../src/panel-queries.ts';
import { columnsOf } from './columns.ts';
import * as screen from './screen.ts';
import { allPanels, dashboards, failing, nameOf } from './stored-panels.ts';

const isGraph = (panel: Panel) => panel.type === 'timeseries';

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
