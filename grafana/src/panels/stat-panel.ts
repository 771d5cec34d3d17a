import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { prometheus } from '../datasources.ts';
import { neutral } from '../thresholds.ts';
import { finishPanel, instantQuery, type PanelSpec, rangeQueries, type SizedPanel } from './panel-spec.ts';

export interface StatSpec extends PanelSpec {
  expr: string;
  /**
   * Off for values whose history says nothing, and for windows of hours: then the value is asked for once and not at every
   * point of the sparkline.
   */
  sparkline?: boolean;
}

/** One number that answers one question, coloured by its thresholds, with its recent history behind it. */
export function statPanel(spec: StatSpec): SizedPanel {
  const sparkline = spec.sparkline ?? true;
  const query = { expr: spec.expr, legend: spec.title };
  const builder = new PanelBuilder()
    .datasource(prometheus)
    .targets(sparkline ? rangeQueries([query]) : [instantQuery(query)])
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(BigValueColorMode.Value)
    .graphMode(sparkline ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .textMode(BigValueTextMode.Value)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  return finishPanel(builder, { thresholds: neutral, ...spec }, 4);
}
