import {
  HeatmapCellLayout,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { prometheus } from '../datasources.ts';
import { finishPanel, type PanelSpec, type SizedPanel } from './panel-spec.ts';

export interface HeatmapSpec extends PanelSpec {
  /** Must keep `le`: one series per bucket. */
  expr: string;
}

/** The whole distribution over time: each row is a bucket of the histogram, its colour the number in it. */
export function heatmapPanel(spec: HeatmapSpec): SizedPanel {
  const query = new DataqueryBuilder().datasource(prometheus).refId('A').expr(spec.expr).legendFormat('{{le}}').range();
  const builder = new PanelBuilder()
    .datasource(prometheus)
    .targets([query.format(PromQueryFormat.Heatmap)])
    .calculate(false)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .fill('dark-orange')
        .exponent(0.5)
        .steps(64)
        .reverse(false),
    )
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
    .scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Linear))
    .yAxis(new YAxisConfigBuilder().unit(spec.unit))
    .showLegend()
    .cellGap(1);
  return finishPanel(builder, spec, 9);
}
