import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The data sources of `provisioning/datasources/stack.yml`, by uid. A test holds the two together. */
export const prometheus: DataSourceRef = { type: 'prometheus', uid: 'prometheus' };
export const postgres: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: 'postgres' };
