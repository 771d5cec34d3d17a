import { writeFileSync } from 'node:fs';

interface Kind {
  alertname: string;
  service: string;
  summary: string;
  runbook: string;
}

const kinds: readonly Kind[] = [
  {
    alertname: 'APIHighLatency',
    service: 'api',
    summary: 'p95 latency of the API is 0.41 s, over 0.2 s',
    runbook: 'api-high-latency',
  },
  {
    alertname: 'WorkerBacklogHigh',
    service: 'worker',
    summary: '1,204 transactions are pending',
    runbook: 'worker-backlog',
  },
  { alertname: 'APIDown', service: 'api', summary: 'Nothing answers /health/live', runbook: 'api-down' },
  {
    alertname: 'WorkerStalled',
    service: 'worker',
    summary: 'No batch was finished for 60 s',
    runbook: 'worker-stalled',
  },
];

export interface PastOptions {
  count: number;
  /** The newest began so long ago. */
  endsAgoMs: number;
  everyMs: number;
}

/** A log of repairs that are over: most healed, a few not. The same for the same arguments. */
export function writePastIncidents(path: string, { count, endsAgoMs, everyMs }: PastOptions): void {
  const lines: string[] = [];
  const latest = Date.now() - endsAgoMs;
  for (let n = 0; n < count; n += 1) {
    const startsAt = latest - (count - 1 - n) * everyMs - (n % 7) * 60_000;
    lines.push(...incidentLines(n, startsAt, lines.length));
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

function incidentLines(n: number, startsAt: number, seq: number): string[] {
  const { alertname, service, summary, runbook } = kinds[(n * 7 + (n >> 2)) % kinds.length] as Kind;
  const fingerprint = (n + 1).toString(16).padStart(16, '0');
  const incident = `${fingerprint}-${startsAt.toString(36)}`;
  const detect = 8_000 + ((n * 37) % 55) * 1_000;
  const act = 2_000 + ((n * 13) % 9) * 1_000;
  const verify = 18_000 + ((n * 29) % 40) * 1_000;
  const outcome = n % 11 === 3 ? 'ineffective' : n % 17 === 5 ? 'failed' : 'healed';
  const iso = (afterMs: number) => new Date(startsAt + afterMs).toISOString();
  const action =
    alertname === 'WorkerBacklogHigh' ? { type: 'scale', service, from: 1, to: 3 } : { type: 'restart', service };
  const before = [{ id: `${service}-id`, name: `demo-${service}-1`, startedAt: iso(-86_400_000) }];
  const after = [{ id: `${service}-id`, name: `demo-${service}-1`, startedAt: iso(detect + act - 500) }];
  const alert = {
    status: 'firing',
    labels: { alertname, service, severity: 'critical', job: service },
    annotations: { summary },
    startsAt: iso(0),
    fingerprint,
  };
  const judged = detect + act + verify;
  const healed = outcome === 'healed';
  const events: object[] = [
    { at: iso(detect), incident, type: 'received', alert },
    {
      at: iso(detect),
      incident,
      type: 'decided',
      decision: 'act',
      reason: 'matched',
      trigger: 'delivery',
      runbook,
      purpose: 'repair',
      action,
    },
    { at: iso(detect + 300), incident, type: 'acting', attempt: 1, purpose: 'repair', runbook, action, before },
    {
      at: iso(detect + act),
      incident,
      type: 'acted',
      attempt: 1,
      ok: outcome !== 'failed',
      after,
      ...(outcome === 'failed' ? { code: 'engine_error', message: '500' } : {}),
    },
    {
      at: iso(judged),
      incident,
      type: 'verified',
      attempt: 1,
      purpose: 'repair',
      outcome,
      target: healed ? 'ok' : 'not_healthy',
      alert: healed ? 'gone' : 'firing',
      seconds: verify / 1_000,
    },
    {
      at: iso(judged + (healed ? 1 : 60_000)),
      incident,
      type: 'resolved',
      by: healed ? 'alert_source' : 'alertmanager',
    },
  ];
  if (action.type === 'scale') events.push(...scaledBack(incident, action, iso, judged + 120_000));
  return events.map((event, i) => JSON.stringify({ v: 1, seq: seq + i, ...event }));
}

function scaledBack(incident: string, action: object, iso: (afterMs: number) => string, afterMs: number) {
  const head = { incident, attempt: 2 };
  const purpose = 'on_resolved';
  const back = { ...action, from: 3, to: 1 };
  const runbook = 'worker-backlog';
  return [
    {
      at: iso(afterMs),
      incident,
      type: 'decided',
      decision: 'act',
      reason: 'on_resolved',
      trigger: 'timer',
      runbook,
      purpose,
      action: back,
    },
    { at: iso(afterMs), ...head, type: 'acting', purpose, runbook, action: back, before: [] },
    { at: iso(afterMs + 2_000), ...head, type: 'acted', ok: true, after: [] },
    {
      at: iso(afterMs + 2_100),
      ...head,
      type: 'verified',
      purpose,
      outcome: 'healed',
      target: 'ok',
      alert: 'not_checked',
      seconds: 0.1,
    },
  ];
}
