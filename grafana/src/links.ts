import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { type DashboardLink, DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** Every dashboard's uid and title, in the order of the links. Alerts point to `/d/<uid>`, so a uid never changes. */
export const dashboardTitles = {
  overview: 'Overview',
  api: 'API',
  worker: 'Worker',
  database: 'Database',
  host: 'Host',
  containers: 'Containers',
  'self-healing': 'Self-healing',
} as const;

export type DashboardUid = keyof typeof dashboardTitles;

/** Without the SDK's default placement, which hides links in a menu from Grafana 13 on. */
function visibleLink(uid: string, title: string): DashboardLink {
  const link = new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon('dashboard').url(`/d/${uid}`);
  const { placement: _hidden, ...visible } = link.keepTime(true).build();
  return visible;
}

/** Links to all other dashboards, keeping the time range. By uid and not by tag, so that a wrong one fails a test. */
export const linksFrom = (own: DashboardUid): Builder<DashboardLink>[] =>
  Object.entries(dashboardTitles)
    .filter(([uid]) => uid !== own)
    .map(([uid, title]) => ({ build: () => visibleLink(uid, title) }));

/** A click on a value opens the dashboard with the details. Data links know only these two fields of the SDK's type. */
export const dataLink = (uid: DashboardUid): Builder<DashboardLink> => ({
  build: () => ({ title: dashboardTitles[uid], url: `/d/${uid}?\${__url_time_range}` }) as DashboardLink,
});

/** Where people read what an alert means: the page that every alert's `runbook_url` points into. */
export const runbooksLink: Builder<DashboardLink> = {
  build: () => ({ title: 'Runbooks', url: 'http://localhost:5001/runbooks', targetBlank: true }) as DashboardLink,
};
