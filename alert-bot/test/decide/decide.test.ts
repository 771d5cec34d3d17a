import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { decide } from '../../src/decide/decide.ts';
import { emptyTarget, MemoryHistory } from '../../src/incidents/history.ts';
import { type Incident, incidentId, type Target } from '../../src/incidents/incident.ts';
import type { Observation } from '../../src/runtime/runtime.ts';
import {
  alertOf,
  backlog,
  down,
  observation,
  policy,
  replica,
  serviceOf,
  slow,
  stalled,
  start,
} from '../support/world.ts';

const minute = 60_000;
const now = start;
const ago = (ms: number) => now - ms;

interface Given {
  alert?: Alert;
  observed?: Observation | null;
  target?: Partial<Target>;
  incident?: Partial<Incident>;
  pausedFor?: number;
  actionsThisHour?: number;
  queued?: number;
}

function decided({ alert = slow(), observed = observation(), ...given }: Given) {
  const history = new MemoryHistory();
  const service = alert.labels['service'] ?? 'api';
  if (given.target) history.putTarget({ ...emptyTarget(service), ...given.target });
  history.putIncident(incidentOf(down(), { id: 'another', target: service, phase: 'acting' }));
  if (given.incident) history.putIncident(incidentOf(alert, given.incident));
  for (let n = 0; n < (given.queued ?? 0); n += 1)
    history.putIncident(incidentOf(alert, { id: `queued ${n}`, fingerprint: `${n}`, phase: 'queued' }));
  history.putBot({
    actionTimes: Array.from({ length: given.actionsThisHour ?? 0 }, (_, i) => ago(30 * minute - i)),
    queued: 0,
    ...(given.pausedFor === undefined ? {} : { pausedUntil: now + given.pausedFor }),
  });
  const { reason, decision, ...rest } = decide(alert, observed ?? undefined, history, policy, now);
  return { reason, decision, ...rest };
}

const incidentOf = (alert: Alert, extra: Partial<Incident>): Incident => ({
  id: incidentId(alert),
  fingerprint: alert.fingerprint,
  labels: alert.labels,
  annotations: {},
  startsAt: alert.startsAt,
  receivedAt: ago(minute),
  updatedAt: ago(minute),
  status: 'firing',
  phase: 'waiting',
  attempts: 0,
  ...extra,
});

const twoWorkers = (...health: ('healthy' | 'unhealthy')[]) =>
  observation({ worker: serviceOf(health.map((state, i) => replica('worker', i + 1, { health: state }))) });
const healed = (ms: number): Partial<Target> => ({
  lastOutcome: 'healed',
  lastEndedAt: ago(ms),
  attemptTimes: [ago(ms)],
});
const failed = (times: number, ms: number): Partial<Target> => ({
  lastOutcome: 'ineffective',
  lastEndedAt: ago(ms),
  failuresInRow: times,
  attemptsSinceHealthy: times,
});

describe('an alert is acted on', () => {
  it.each<[string, Given, object]>([
    [
      'matched: it has a runbook and nothing stands in the way',
      {},
      { reason: 'matched', action: { type: 'restart', service: 'api' } },
    ],
    [
      'matched: a backlog scales up',
      { alert: backlog() },
      { action: { type: 'scale', service: 'worker', from: 1, to: 3 } },
    ],
    [
      'matched: only the replica that the alert names',
      { alert: stalled('10.0.6.2:8001'), observed: twoWorkers('healthy', 'unhealthy') },
      { action: { type: 'restart', service: 'worker', replica: 'worker-2-id' } },
    ],
    ['matched: a new alert after the rest', { target: healed(2 * minute) }, { reason: 'matched' }],
    [
      'retry_after_ineffective: the same alert still fires after its backoff',
      { incident: { outcome: 'ineffective', attempts: 1 }, target: failed(1, 61_000) },
      { reason: 'retry_after_ineffective' },
    ],
    [
      'approved: a person said yes',
      { alert: alertOf({ alertname: 'Asked' }), incident: { approved: true, approvedAt: ago(minute) } },
      { reason: 'approved' },
    ],
    [
      'matched: the only replica of a service, though it looks healthy',
      { observed: observation() },
      { reason: 'matched' },
    ],
    [
      'matched: an exited container',
      { observed: observation({ api: serviceOf([replica('api', 1, { state: 'exited', health: 'none' })]) }) },
      { reason: 'matched' },
    ],
    [
      'matched: failures of long ago are forgotten by a success',
      { target: { ...healed(minute * 5), failuresInRow: 0 } },
      { reason: 'matched' },
    ],
    [
      'matched: the clock was set back by a day, so an old rest is no reason to wait for a day',
      { target: healed(-24 * 60 * minute) },
      { reason: 'matched' },
    ],
  ])('%s', (_name, given, expected) => {
    expect(decided(given)).toMatchObject({ decision: 'act', ...expected });
  });
});

describe('an alert is not acted on', () => {
  it.each<[string, Given, object?]>([
    ['resolved: it is over', { alert: slow({ status: 'resolved' }) }],
    [
      'resolved: a firing notification overtaken by its end',
      { incident: { status: 'resolved', phase: 'closed', resolvedAt: ago(5_000) } },
    ],
    ['watchdog: it only says that the chain works', { alert: alertOf({ alertname: 'Watchdog' }) }],
    ['duplicate: the incident is being worked on', { incident: { phase: 'verifying' } }],
    ['no_runbook: nobody said what to do', { alert: alertOf({ alertname: 'DatabaseDown', service: 'db' }) }],
    ['runtime_unavailable: nobody can see the containers', { observed: null }, { until: now + 10_000 }],
    ['target_missing: the service has no container', { observed: observation({ api: serviceOf([]) }) }],
    [
      'target_missing: no replica has that address',
      { alert: stalled('10.9.9.9:8001') },
      { detail: 'no replica at "10.9.9.9:8001"' },
    ],
    [
      'target_missing: the alert names no instance',
      { alert: alertOf({ alertname: 'WorkerStalled', service: 'worker' }) },
    ],
    [
      'protected_target: the database, whatever its labels say',
      { observed: observation({ api: serviceOf([replica('api', 1)], { protected: true }) }) },
    ],
    [
      'not_opted_in: the label is missing',
      { observed: observation({ api: serviceOf([replica('api', 1)], { optedIn: false }) }) },
    ],
    ['paused: a person said stop', { pausedFor: minute }, { until: now + minute }],
    ['in_progress: another incident has the target', { target: { active: 'another' } }, { detail: 'incident another' }],
    ['quarantined: until a person releases it', { target: { quarantinedAt: ago(90 * minute) } }],
    [
      'quarantined: three attempts within half an hour, even if each helped for a while',
      { target: { ...healed(2 * minute), attemptTimes: [ago(20 * minute), ago(10 * minute), ago(2 * minute)] } },
      { detail: 'attempts_in_window' },
    ],
    [
      'quarantined: three attempts since it was last healthy, however far apart',
      { target: { ...failed(3, 60 * minute), attemptTimes: [ago(300 * minute), ago(200 * minute), ago(61 * minute)] } },
      { detail: 'attempts_since_healthy' },
    ],
    ['cooldown: it was healed a moment ago', { target: healed(20_000) }, { until: now + 40_000 }],
    ['backoff: the last attempt did not help', { target: failed(1, 20_000) }, { until: now + 40_000 }],
    ['backoff: twice as long after the second', { target: failed(2, 70_000) }, { until: now + 50_000 }],
    ['backoff: an unknown outcome is no success', { target: { ...failed(1, 20_000), lastOutcome: 'unknown' } }],
    ['budget_spent: twenty actions in the hour', { actionsThisHour: 20 }],
    ['budget_spent: those that wait count too', { actionsThisHour: 15, queued: 5 }],
    [
      'already_restarting: Docker restarts it',
      { observed: observation({ api: serviceOf([replica('api', 1, { state: 'restarting' })]) }) },
    ],
    [
      'already_restarting: it has just started',
      { observed: observation({ api: serviceOf([replica('api', 1, { health: 'starting' })]) }) },
    ],
    [
      'last_healthy_replica: the others are down',
      { alert: stalled('10.0.6.1:8001'), observed: twoWorkers('healthy', 'unhealthy') },
    ],
    [
      'at_max_replicas: there are three already',
      { alert: backlog(), observed: observation({ worker: serviceOf([1, 2, 3].map((n) => replica('worker', n))) }) },
    ],
    [
      'observe_only: the runbook only watches',
      { alert: alertOf({ alertname: 'Watched' }) },
      { action: { type: 'restart', service: 'api' } },
    ],
    [
      'awaiting_approval: the runbook asks first',
      { alert: alertOf({ alertname: 'Asked' }) },
      { until: now + 60 * minute },
    ],
    [
      'awaiting_approval: asking again does not put the end off',
      {
        alert: alertOf({ alertname: 'Asked' }),
        incident: { phase: 'awaiting_approval', reason: 'awaiting_approval', until: now + 5 },
      },
      { until: now + 5 },
    ],
    [
      'rejected: a person said no to this episode',
      { alert: alertOf({ alertname: 'Asked' }), incident: { phase: 'closed', reason: 'rejected' } },
    ],
  ])('%s', (name, given, expected = {}) => {
    expect(decided(given)).toMatchObject({ decision: 'skip', reason: name.slice(0, name.indexOf(':')), ...expected });
  });
});

/** Everything that says no, in the order in which it says so. Each entry alone gives its reason. */
const obstacles: [string, Given][] = [
  ['runtime_unavailable', { observed: null }],
  [
    'not_opted_in',
    { observed: observation({ api: serviceOf([replica('api', 1, { state: 'restarting' })], { optedIn: false }) }) },
  ],
  ['paused', { pausedFor: minute }],
  ['in_progress', { target: { active: 'another' } }],
  ['quarantined', { target: { quarantinedAt: ago(minute) } }],
  ['backoff', { target: failed(1, 1_000) }],
  ['budget_spent', { actionsThisHour: 20 }],
  ['already_restarting', { observed: observation({ api: serviceOf([replica('api', 1, { state: 'restarting' })]) }) }],
  ['observe_only', { alert: alertOf({ alertname: 'Watched', service: 'api' }) }],
];
const pairs = obstacles.flatMap(([first, a], i) =>
  obstacles.slice(i + 1).map(([second, b]) => [first, second, a, b] as const),
);

it.each(pairs)('%s comes before %s', (first, _second, a, b) => {
  const target = a.target || b.target ? { target: { ...b.target, ...a.target } } : {};
  expect(decided({ ...b, ...a, ...target }).reason).toBe(first);
});
