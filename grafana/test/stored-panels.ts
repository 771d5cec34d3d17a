import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboards } from '../src/dashboards.ts';
import { panelsOf } from '../src/panel-queries.ts';

export interface Property {
  id: string;
  value?: unknown;
}

export interface Target {
  refId?: string;
  expr?: string;
  instant?: boolean;
  legendFormat?: string;
}

/** The parts of a stored panel that its SDK type leaves open. */
export interface Stored {
  options?: { legend?: { showLegend?: boolean }; showValue?: string };
  targets?: Target[];
  fieldConfig?: {
    defaults: {
      unit?: string;
      decimals?: number;
      min?: number;
      max?: number;
      noValue?: string;
      mappings?: unknown[];
      thresholds?: { steps: { value: number | null }[] };
      custom?: { axisSoftMax?: number; axisLabel?: string };
    };
    overrides: { matcher: { id: string; options: string }; properties: Property[] }[];
  };
}

export interface NamedPanel {
  uid: string;
  panel: Panel;
}

export const dashboards: [uid: string, Dashboard][] = Object.entries(buildDashboards());
export const allPanels: NamedPanel[] = dashboards.flatMap(([uid, dashboard]) =>
  panelsOf(dashboard).map((panel) => ({ uid, panel })),
);
export const nameOf = ({ uid, panel }: NamedPanel) => `${uid}: ${panel.title}`;
export const stored = (panel: Panel) => panel as unknown as Stored;
export const expressionsOf = (panel: Panel): string[] => stored(panel).targets?.flatMap(({ expr }) => expr ?? []) ?? [];
export const defaultsOf = (panel: Panel) => stored(panel).fieldConfig?.defaults ?? {};
export const overridesOf = (panel: Panel) => stored(panel).fieldConfig?.overrides ?? [];

/** The panels that break a rule, by name: an empty list is what a test wants. */
export const failing = (broken: (panel: Panel) => boolean): string[] =>
  allPanels.filter(({ panel }) => broken(panel)).map(nameOf);
