import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboards } from './dashboards.ts';
import { panelsIn } from './layout.ts';

/** One query of one panel, as a test wants it. */
export interface PanelQuery {
  dashboard: string;
  panel: string;
  refId: string;
  /** The data source's uid. */
  datasource: string;
  /** PromQL with Grafana's variables in it (see `substituteVariables`), or SQL when the data source is `postgres`. */
  text: string;
}

/** All panels of a dashboard, those in collapsed sections too. */
export const panelsOf = (dashboard: Dashboard): Panel[] => panelsIn(dashboard.panels ?? []);

/** What the plugins store in a target, as far as it is of interest here. */
interface StoredTarget {
  refId: string;
  expr?: string;
  rawSql?: string;
  datasource?: { uid?: string };
}

/** Every query of every panel of every dashboard. */
export function listPanelQueries(): PanelQuery[] {
  return Object.entries(buildDashboards()).flatMap(([dashboard, built]) =>
    panelsOf(built).flatMap((panel) =>
      ((panel.targets ?? []) as unknown as StoredTarget[]).map((target) => ({
        dashboard,
        panel: panel.title ?? '',
        refId: target.refId,
        datasource: target.datasource?.uid ?? '',
        text: target.expr ?? target.rawSql ?? '',
      })),
    ),
  );
}

/** The expressions of the annotations: the same on every dashboard, and all of them may be empty. */
export const listAnnotationExpressions = (): string[] => [
  ...new Set(
    Object.values(buildDashboards()).flatMap((dashboard) =>
      (dashboard.annotations?.list ?? []).flatMap((annotation) => annotation.expr ?? []),
    ),
  ),
];
