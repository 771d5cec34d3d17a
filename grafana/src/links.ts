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

/** What our dashboards have in common; a test holds that each has it. */
export const dashboardTag = 'observability-stack';

/** One menu of all dashboards, which keeps the time range. Without the SDK's default placement, which Grafana 13 hides in another menu. */
export const allDashboards: Builder<DashboardLink> = {
  build: () => {
    const link = new DashboardLinkBuilder('Dashboards').type(DashboardLinkType.Dashboards).tags([dashboardTag]);
    const { placement: _hidden, ...visible } = link.asDropdown(true).keepTime(true).build();
    return visible;
  },
};

/** A click on a value opens the dashboard with the details, in the same time and window. Data links know only these two fields. */
export const dataLink = (uid: DashboardUid): Builder<DashboardLink> => ({
  build: () =>
    ({ title: dashboardTitles[uid], url: `/d/${uid}?\${__url_time_range}&\${interval:queryparam}` }) as DashboardLink,
});

/** To a page of the bot, wherever a browser reaches it: the variable `bot` knows (variables.ts). */
export const botLink = (title: string, path: string): Builder<DashboardLink> => ({
  build: () => ({ title, url: `\${bot:raw}${path}`, targetBlank: true }) as DashboardLink,
});
