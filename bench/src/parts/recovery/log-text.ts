const start = Date.parse('2026-01-01T00:00:00.000Z');
const time = (ms: number) => new Date(start + ms).toISOString();

/** Of so many incidents one is repaired: seven lines, evidence among them. Far more than the budget of actions allows. */
const repairedEvery = 10;

/** Lines as the bot writes them, about 330 bytes each: incidents that begin, are decided on and end, fifty a second. */
export function* logLines(count: number): Iterable<string> {
  let seq = 0;
  for (let number = 0; ; number += 1) {
    for (const event of number % repairedEvery === 0 ? repaired(number) : left(number)) {
      if (seq === count) return;
      const { at, incident, type, ...rest } = event;
      yield JSON.stringify({ v: 2, seq, at: time(at), incident, type, ...rest });
      seq += 1;
    }
  }
}

interface Line {
  at: number;
  incident: string;
  type: string;
  [field: string]: unknown;
}

const beginning = (number: number) => Math.floor(number / 50) * 1_000;
const fingerprintOf = (number: number) =>
  ((BigInt(number + 1) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn).toString(16).padStart(16, '0');
const idOf = (number: number) => `${fingerprintOf(number)}-${(start + beginning(number) - 1_000).toString(36)}`;

function received(number: number, alertname: string, service: string): Line {
  const at = beginning(number);
  const instance = `10.0.${(number >> 8) & 255}.${number & 255}:8000`;
  const more = { job: service, cluster: 'eu-1', team: 'payments', namespace: 'production' };
  const alert = {
    status: 'firing',
    labels: { alertname, severity: 'critical', service, instance, ...more },
    annotations: {
      summary: `${service} answers slowly at ${instance}`,
      description: 'The 95th percentile of the request duration has been above 200 ms for a minute.',
      runbook_url: `http://localhost:5001/runbooks#${alertname}`,
    },
    startsAt: time(at - 1_000),
    fingerprint: fingerprintOf(number),
    generatorURL: 'http://prometheus:9090/graph?g0.expr=x',
  };
  return { at, incident: idOf(number), type: 'received', alert, receiver: 'alert-bot' };
}

function left(number: number): Line[] {
  const at = beginning(number);
  const incident = idOf(number);
  return [
    received(number, `DiskFull${number % 7}`, 'node'),
    { at, incident, type: 'decided', decision: 'skip', reason: 'no_runbook', trigger: 'delivery' },
    { at: at + 60_000, incident, type: 'resolved', by: 'alertmanager' },
  ];
}

function repaired(number: number): Line[] {
  const at = beginning(number);
  const incident = idOf(number);
  const service = ['api', 'worker'][number % 2] as string;
  const action = { type: 'restart', target: service, project: 'stack', service };
  const purpose = 'repair';
  const runbook = `${service}-slow`;
  const replica = (ms: number) => [{ id: fingerprintOf(number), name: `stack-${service}-1`, startedAt: time(ms) }];
  const logLine = `{"level":"info","time":"${time(at)}","msg":"request","path":"/transactions","status":200}`;
  const evidence = { capturedAt: start + at, replicas: [{ ...replica(at)[0], logLines: Array(5).fill(logLine) }] };
  return [
    received(number, 'APIHighLatency', service),
    {
      at,
      incident,
      type: 'decided',
      decision: 'act',
      reason: 'matched',
      trigger: 'delivery',
      runbook,
      action,
      purpose,
    },
    { at: at + 5, incident, type: 'evidence', attempt: 1, evidence },
    { at: at + 10, incident, type: 'acting', attempt: 1, purpose, runbook, action, before: replica(at - 9_000) },
    { at: at + 700, incident, type: 'acted', attempt: 1, ok: true, after: replica(at + 500) },
    {
      at: at + 9_000,
      incident,
      type: 'verified',
      attempt: 1,
      purpose,
      outcome: 'healed',
      target: 'ok',
      alert: 'gone',
      seconds: 8.3,
    },
    { at: at + 10_000, incident, type: 'resolved', by: 'alertmanager' },
  ];
}
