import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type {
  DashboardLink,
  Panel,
  ThresholdsConfigBuilder,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { prometheus } from '../datasources.ts';
import { type DashboardUid, dataLink } from '../links.ts';
import { count, duration, perSecond, plainSeconds } from '../panel-units.ts';
import { asOfNow } from '../promql.ts';
import { buildThresholds, type Thresholds } from '../thresholds.ts';

export interface Query {
  expr: string;
  /** Legend template such as `{{instance}}`. */
  legend: string;
}

/** What every panel says, whatever draws it. */
export interface PanelSpec {
  title: string;
  /** Shown behind the panel's "i": what the number means and when to worry. */
  description: string;
  /** A unit of panel-units.ts, or one of the SDK's `units` for bytes. */
  unit: string;
  /** Of 24 columns. */
  width: number;
  /** Of rows of about 38 pixels. */
  height?: number;
  decimals?: number;
  min?: number;
  max?: number;
  thresholds?: Thresholds;
  mappings?: ValueMapping[];
  /** The dashboard that a click on the value opens, with the same time range. */
  drillDown?: DashboardUid;
  /** What stands there instead of Grafana's "No data". */
  noValue?: string;
}

/** A built panel and its size; `layout.ts` finds its place. */
export interface SizedPanel {
  panel: Panel;
  width: number;
  height: number;
}

/** The part of the SDK's panel builders that all of them share. */
interface CommonBuilder extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  min(min: number): this;
  max(max: number): this;
  mappings(mappings: ValueMapping[]): this;
  thresholds(thresholds: Builder<ReturnType<ThresholdsConfigBuilder['build']>>): this;
  noValue(noValue: string): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
}

/** Things are counted in whole numbers; a rate is 0.05 and not 0.0500; `duration` writes so many further parts: "1 day, 4 hours". */
const usualDecimals: Readonly<Record<string, number>> = {
  [count]: 0,
  [perSecond]: 2,
  [plainSeconds]: 0,
  [duration]: 1,
};

/** Applies what `spec` says to any panel builder and builds it. */
export function finishPanel(builder: CommonBuilder, spec: PanelSpec, defaultHeight: number): SizedPanel {
  builder
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .noValue(spec.noValue ?? 'not reported');
  const decimals = spec.decimals ?? usualDecimals[spec.unit];
  if (decimals !== undefined) builder.decimals(decimals);
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.drillDown) builder.dataLinks([dataLink(spec.drillDown)]);
  if (spec.mappings) builder.mappings(spec.mappings);
  if (spec.thresholds) builder.thresholds(buildThresholds(spec.thresholds));
  return { panel: builder.build(), width: spec.width, height: spec.height ?? defaultHeight };
}

const refId = (index: number) => String.fromCharCode('A'.charCodeAt(0) + index);

/** One value over time per series. */
export const rangeQueries = (queries: readonly Query[]): DataqueryBuilder[] =>
  queries.map(({ expr, legend }, index) =>
    new DataqueryBuilder().datasource(prometheus).refId(refId(index)).expr(asOfNow(expr)).legendFormat(legend).range(),
  );

/** The newest value only. */
export const instantQuery = ({ expr, legend }: Query): DataqueryBuilder =>
  new DataqueryBuilder().datasource(prometheus).refId(refId(0)).expr(asOfNow(expr)).legendFormat(legend).instant();

/** The newest value of each series as a table row. */
export const tableQueries = (exprs: readonly string[]): DataqueryBuilder[] =>
  exprs.map((expr, index) =>
    new DataqueryBuilder()
      .datasource(prometheus)
      .refId(refId(index))
      .expr(asOfNow(expr))
      .instant()
      .format(PromQueryFormat.Table),
  );
