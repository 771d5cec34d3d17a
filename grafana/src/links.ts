import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { type DashboardLink, DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** Every dashboard's uid and title, in the order of the links. Alerts point to `/d/<uid>`, so a uid never changes. */
export const dashboardTitles = {
  overview: 'Overview',
  api: 'API',
  worker: 'Worker',
  database: 'Database',
  host: 'Host',
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
