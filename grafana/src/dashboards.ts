import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { api } from './dashboards/api.ts';
import { containers } from './dashboards/containers.ts';
import { databaseDashboard } from './dashboards/database.ts';
import { host } from './dashboards/host.ts';
import { overview } from './dashboards/overview.ts';
import { selfHealing } from './dashboards/self-healing.ts';
import { worker } from './dashboards/worker.ts';
import type { DashboardUid } from './links.ts';

/** Every dashboard, built; the file of each is `dashboards/<uid>.json`. */
export const buildDashboards = (): Record<DashboardUid, Dashboard> => ({
  overview: overview(),
  api: api(),
  worker: worker(),
  database: databaseDashboard(),
  host: host(),
  containers: containers(),
  'self-healing': selfHealing(),
});

/** The text of a dashboard's file. */
export const dashboardText = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, null, 2)}\n`;
