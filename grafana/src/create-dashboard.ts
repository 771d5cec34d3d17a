import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { eventAnnotations } from './annotations.ts';
import { layOut, panelsIn, type Section } from './layout.ts';
import { allDashboards, type DashboardUid, dashboardTag, dashboardTitles } from './links.ts';
import { botVariable } from './variables.ts';

/** Grafana 11's own. Newer ones migrate upwards; the SDK's default (42) is above what 11 knows. */
const schemaVersion = 39;

/** In columns: narrower graphs would be all marks and no line. */
const widthForMarks = 12;

export interface DashboardSpec {
  uid: DashboardUid;
  /** The question that the dashboard answers. */
  description: string;
  variables: readonly Builder<VariableModel>[];
  sections: readonly Section[];
}

/** A classic (v1) dashboard with what all of ours share: links, annotations, crosshair, refresh, the last half hour. */
export function createDashboard({ uid, description, variables, sections }: DashboardSpec): Dashboard {
  const panels = layOut(sections);
  const wide = panelsIn(panels).filter(
    ({ type, gridPos }) => type === 'timeseries' && (gridPos?.w ?? 0) >= widthForMarks,
  );
  const dashboard = new DashboardBuilder(dashboardTitles[uid])
    .uid(uid)
    .description(description)
    .tags([dashboardTag])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('10s')
    .time({ from: 'now-30m', to: 'now' })
    .links([allDashboards])
    .annotations(eventAnnotations(wide.map(({ id }) => id ?? 0)))
    .variables([...variables, botVariable()])
    .build();
  return { ...dashboard, schemaVersion, panels };
}
