import { valueTexts } from '../mappings.ts';
import { count, plain } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { statePanel } from '../panels/state-panel.ts';
import { orZero } from '../promql.ts';
import { lowIsGood } from '../thresholds.ts';

/** Every fault that can be switched on, with 1 while it is. */
export const faults = 'max by (job, fault) (api_fault_active{job="api"} or worker_fault_active{job="worker"})';

const onOrOff = valueTexts({ 0: ['off', 'green'], 1: ['on', 'red'] });

/** @param expr 1 or 0 for each fault */
export const faultsOn = (expr: string): SizedPanel =>
  statPanel({
    title: 'Faults on',
    description:
      'Injected faults that are switched on now. What they break is no mystery: do not hunt for it. A restart clears them.',
    unit: count,
    width: 4,
    // `== 1` has no series while none is on
    expr: orZero(`count(${expr} == 1)`),
    thresholds: lowIsGood(1),
  });

/** @param expr as above, with a legend for each */
export const faultTimeline = (expr: string, legend: string, width: number, height?: number): SizedPanel =>
  statePanel({
    title: 'Injected faults',
    description: 'Which fault was switched on when, on any replica. Green is off.',
    unit: plain,
    width,
    ...(height === undefined ? {} : { height }),
    queries: [{ expr, legend }],
    mappings: onOrOff,
    thresholds: lowIsGood(1),
  });
