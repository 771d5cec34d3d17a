import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { eventAnnotations } from './annotations.ts';
import { layOut, type Section } from './layout.ts';
import { type DashboardUid, dashboardTitles, linksFrom } from './links.ts';

/** Grafana 11's own. Newer ones migrate upwards; the SDK's default (42) is above what 11 knows. */
const schemaVersion = 39;

export interface DashboardSpec {
  uid: DashboardUid;
  /** The question that the dashboard answers. */
  description: string;
  variables: readonly Builder<VariableModel>[];
  sections: readonly Section[];
}

/** A classic (v1) dashboard with what all of ours share: links, annotations, crosshair, refresh, the last half hour. */
export function createDashboard({ uid, description, variables, sections }: DashboardSpec): Dashboard {
  const dashboard = new DashboardBuilder(dashboardTitles[uid])
    .uid(uid)
    .description(description)
    .tags(['observability-stack'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('10s')
    .time({ from: 'now-30m', to: 'now' })
    .links(linksFrom(uid))
    .annotations(eventAnnotations())
    .variables([...variables])
    .build();
  return { ...dashboard, schemaVersion, panels: layOut(sections) };
}
