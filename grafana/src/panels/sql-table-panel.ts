import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { cellColors } from '../colors.ts';
import { postgres } from '../datasources.ts';
import { name } from '../panel-units.ts';
import { finishPanel, type PanelSpec, type SizedPanel } from './panel-spec.ts';
import { columnWidth } from './table-panel.ts';

export interface SqlColumn {
  title: string;
  unit?: string;
  decimals?: number;
  /** In pixels. By default 110, and what is left for the first column. */
  width?: number;
  /** The label whose colours its values have (colors.ts). */
  meaning?: string;
}

export interface SqlTableSpec extends PanelSpec {
  /** Read-only, bounded by an index, and cheap enough for every refresh. */
  sql: string;
  /** Every column of the answer in order. Without a unit it holds names: ids, dates, texts. */
  columns: readonly SqlColumn[];
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

function columnProperties({ unit, decimals, width, meaning }: SqlColumn, isFirst: boolean) {
  const mappings = meaning === undefined ? undefined : cellColors(meaning);
  return [
    columnWidth(width, isFirst),
    { id: 'unit', value: unit ?? name },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(mappings ? [{ id: 'mappings', value: mappings }] : []),
    ...(mappings ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
  ];
}

/** Rows straight from the database, read with the read-only role. */
export function sqlTablePanel(spec: SqlTableSpec): SizedPanel {
  const builder = new PanelBuilder()
    .datasource(postgres)
    .targets([sqlQuery(spec.sql)])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  for (const [index, column] of spec.columns.entries())
    builder.overrideByName(column.title, columnProperties(column, index === 0));
  return finishPanel(builder, spec, 9);
}
