import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { postgres } from '../datasources.ts';
import { finishPanel, type PanelSpec, type SizedPanel } from './panel-spec.ts';

export interface SqlTableSpec extends PanelSpec {
  /** Read-only, bounded by an index, and cheap enough for every refresh. */
  sql: string;
  /** Column of the answer and its unit. */
  units?: Record<string, string>;
}

/** The SDK has no builder for SQL queries; this is the shape that the PostgreSQL plugin stores. */
const sqlQuery = (rawSql: string): Builder<Dataquery> => ({
  build: () =>
    ({
      refId: 'A',
      datasource: postgres,
      format: 'table',
      editorMode: 'code',
      rawQuery: true,
      rawSql,
    }) as unknown as Dataquery,
});

/** Rows straight from the database, read with the read-only role. */
export function sqlTablePanel(spec: SqlTableSpec): SizedPanel {
  const builder = new PanelBuilder()
    .datasource(postgres)
    .targets([sqlQuery(spec.sql)])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  for (const [column, unit] of Object.entries(spec.units ?? {})) {
    builder.overrideByName(column, [{ id: 'unit', value: unit }]);
  }
  return finishPanel(builder, spec, 9);
}
