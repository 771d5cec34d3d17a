import fc from 'fast-check';
import { type PolicyName, policyNames } from './policies.ts';
import type { EngineFault } from './simulated-engine.ts';

/** One thing that happens. Plain data, so that a failing run can be copied from the report into a test. */
export type Step =
  | { do: 'advance'; seconds: number }
  | { do: 'sicken'; service: string; index: number; curable: boolean; relapseSeconds?: number }
  | { do: 'outside'; service: string; on: boolean }
  | { do: 'database'; down: boolean }
  | { do: 'load'; workers: number }
  | { do: 'never healthy'; service: string; on: boolean }
  | { do: 'kill' | 'stop' | 'start' | 'pause' | 'unpause'; service: string; index: number }
  | { do: 'recreate'; service: string; seconds: number }
  | { do: 'scale'; service: string; count: number }
  | { do: 'label'; service: string; on: boolean }
  | { do: 'silence'; alertname: string; seconds: number }
  | { do: 'unsilence'; alertname: string }
  | { do: 'prometheus'; is: 'stopped' | 'started'; keepsData?: boolean }
  | { do: 'gap'; service: string; seconds: number }
  | { do: 'alertmanager'; is: 'stopped' | 'started' }
  | { do: 'deliveries'; delaySeconds: number; copies: number }
  | { do: 'by hand'; alertname: string; agoSeconds: number; resolved: boolean; noStart: boolean; instance?: string }
  | { do: 'kill bot'; downSeconds: number; keepsUnacknowledged: boolean }
  | { do: 'restart bot' }
  | { do: 'pause bot'; minutes: number }
  | { do: 'resume bot' }
  | { do: 'approve' | 'reject' }
  | { do: 'release'; service: string }
  | { do: 'runbooks'; are: PolicyName }
  | { do: 'engine'; down: boolean }
  | { do: 'engine fault'; fault: EngineFault }
  | { do: 'slowness'; engineMs: number; sourceMs: number; diskMs: number; stopMs: number }
  | { do: 'disk'; full: boolean }
  | { do: 'mail'; down: boolean }
  | { do: 'jump'; seconds: number };

const service = fc.constantFrom('api', 'api', 'worker', 'web', 'closed', 'guarded');
const alertname = fc.constantFrom('APIHighLatency', 'APIDown', 'WorkerBacklogHigh', 'WorkerStalled', 'WebSlow');
const index = fc.integer({ min: 0, max: 2 });
const seconds = fc.integer({ min: 1, max: 120 });

/** What goes wrong and what heals comes often, what confuses less so, and time passes between. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  weighted(14, {
    do: fc.constant('advance' as const),
    seconds: fc.oneof(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 20, max: 150 }),
    ),
  }),
  weighted(8, {
    do: fc.constant('sicken' as const),
    service,
    index,
    curable: fc.boolean(),
    relapseSeconds: fc.option(fc.integer({ min: 3, max: 60 }), { nil: undefined }),
  }),
  weighted(2, { do: fc.constant('outside' as const), service, on: fc.boolean() }),
  weighted(2, { do: fc.constant('database' as const), down: fc.boolean() }),
  weighted(4, { do: fc.constant('load' as const), workers: fc.integer({ min: 1, max: 3 }) }),
  weighted(1, { do: fc.constant('never healthy' as const), service, on: fc.boolean() }),
  weighted(5, {
    do: fc.constantFrom('kill' as const, 'stop' as const, 'start' as const, 'pause' as const, 'unpause' as const),
    service,
    index,
  }),
  weighted(2, { do: fc.constant('recreate' as const), service, seconds: fc.integer({ min: 2, max: 30 }) }),
  weighted(3, {
    do: fc.constant('scale' as const),
    service: fc.constantFrom('worker', 'worker', 'api'),
    count: fc.integer({ min: 1, max: 6 }),
  }),
  weighted(1, { do: fc.constant('label' as const), service, on: fc.boolean() }),
  weighted(3, { do: fc.constant('silence' as const), alertname, seconds }),
  weighted(1, { do: fc.constant('unsilence' as const), alertname }),
  weighted(2, {
    do: fc.constant('prometheus' as const),
    is: fc.constantFrom('stopped' as const, 'started' as const, 'started' as const),
    keepsData: fc.boolean(),
  }),
  weighted(3, { do: fc.constant('gap' as const), service, seconds }),
  weighted(2, {
    do: fc.constant('alertmanager' as const),
    is: fc.constantFrom('stopped' as const, 'started' as const, 'started' as const),
  }),
  weighted(2, {
    do: fc.constant('deliveries' as const),
    delaySeconds: fc.constantFrom(0, 0, 1, 30),
    copies: fc.constantFrom(1, 1, 2, 28),
  }),
  weighted(3, {
    do: fc.constant('by hand' as const),
    alertname: fc.oneof(alertname, fc.constant('ByHand')),
    agoSeconds: fc.integer({ min: -5, max: 100_000 }),
    resolved: fc.boolean(),
    noStart: fc.boolean(),
    instance: fc.option(fc.constantFrom('10.0.1.2:8001', '10.0.1.3:8001'), { nil: undefined }),
  }),
  weighted(3, {
    do: fc.constant('kill bot' as const),
    downSeconds: fc.constantFrom(0, 1, 10, 60),
    keepsUnacknowledged: fc.boolean(),
  }),
  weighted(1, { do: fc.constant('restart bot' as const) }),
  weighted(1, { do: fc.constant('pause bot' as const), minutes: fc.integer({ min: 1, max: 5 }) }),
  weighted(1, { do: fc.constant('resume bot' as const) }),
  weighted(3, { do: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const) }),
  weighted(1, { do: fc.constant('release' as const), service }),
  weighted(2, {
    do: fc.constant('runbooks' as const),
    are: fc.constantFrom(...policyNames, 'usual' as const, 'usual' as const),
  }),
  weighted(2, { do: fc.constant('engine' as const), down: fc.boolean() }),
  weighted(2, {
    do: fc.constant('engine fault' as const),
    fault: fc.constantFrom(
      'fails' as const,
      'lost_before' as const,
      'lost_after' as const,
      'lost_between' as const,
      'hangs' as const,
    ),
  }),
  weighted(2, {
    do: fc.constant('slowness' as const),
    engineMs: fc.constantFrom(1, 20, 900),
    sourceMs: fc.constantFrom(1, 20, 900),
    diskMs: fc.constantFrom(0, 2, 50),
    stopMs: fc.constantFrom(100, 2_000, 8_000),
  }),
  weighted(2, { do: fc.constant('disk' as const), full: fc.boolean() }),
  weighted(1, { do: fc.constant('mail' as const), down: fc.boolean() }),
  weighted(1, { do: fc.constant('jump' as const), seconds: fc.integer({ min: -7_200, max: 7_200 }) }),
) as fc.Arbitrary<Step>;

function weighted<T extends object>(weight: number, model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record<T>(model) };
}
