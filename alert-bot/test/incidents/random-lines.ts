import { skipReasons } from '../../src/decide/reason.ts';

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const start = Date.parse('2026-01-31T23:59:00.000Z');
const time = (ms: number) => new Date(start + ms).toISOString();
const replicas = (ms: number) => [{ id: 'c1', name: 'demo-api-1', startedAt: time(ms) }];

function alert(random: Random, incident: string, ms: number) {
  return {
    status: random() < 0.9 ? 'firing' : 'resolved',
    labels: {
      alertname: pick(random, ['A', 'B "quoted"', 'Ü→漢']),
      fingerprint: 'a label',
      n: `${Math.floor(random() * 99)}`,
    },
    ...(random() < 0.5 ? { annotations: random() < 0.5 ? {} : { summary: 'slow\nand "late"' } } : {}),
    startsAt: time(ms - 5_000),
    fingerprint: incident.slice(0, 16),
    ...(random() < 0.5 ? { generatorURL: 'http://prometheus' } : {}),
  };
}

/** Most lines have the order that a bot gives them; some have none, and an incident's end may come before its beginning. */
function body(random: Random, incident: string, ms: number): object {
  const service = pick(random, ['api', 'worker']);
  const action = random() < 0.7 ? { type: 'restart', service } : { type: 'scale', service, from: 1, to: 3 };
  const purpose = pick(random, ['repair', 'repair', 'on_resolved']);
  const attempt = 1 + Math.floor(random() * 3);
  const bodies: (() => object)[] = [
    () => ({ type: 'decided', decision: 'skip', reason: pick(random, skipReasons), trigger: 'delivery' }),
    () => ({
      type: 'decided',
      decision: 'skip',
      reason: 'cooldown',
      trigger: 'timer',
      until: time(ms + 60_000),
      action,
    }),
    () => ({ type: 'decided', decision: 'act', reason: 'matched', trigger: 'delivery', runbook: 'r', action, purpose }),
    () => ({ type: 'evidence', attempt, evidence: { lines: ['x'] } }),
    () => ({ type: 'acting', attempt, purpose, runbook: 'r', action, before: replicas(ms) }),
    () => ({ type: 'acted', attempt, ok: random() < 0.8, after: replicas(ms + 500) }),
    () => ({
      type: 'verified',
      attempt,
      purpose,
      outcome: pick(random, ['healed', 'ineffective']),
      target: 'ok',
      alert: 'gone',
      seconds: 1,
    }),
    () => ({ type: 'resolved', by: 'alertmanager' }),
    () => ({ type: 'escalated', service, why: 'stuck', message: 'x' }),
    () => ({ type: 'quarantined', service, attempts: 3, why: 'attempts_in_window' }),
    () => ({ type: 'approved', by: 'mira' }),
    () => ({ type: 'rejected', by: 'mira' }),
    () => ({ type: 'recovered', attempt, found: 'happened' }),
    () => ({ type: 'from the future', words: 'decided"' }),
  ];
  return random() < 0.4 ? { type: 'received', alert: alert(random, incident, ms) } : pick(random, bodies)();
}

function botBody(random: Random, ms: number): object {
  const bodies = [
    { type: 'paused', until: time(ms + 60_000), by: 'mira' },
    { type: 'resumed', by: 'mira' },
    { type: 'released', service: 'api', by: 'mira' },
    { type: 'started', version: '1', unfinished: 0 },
    {
      type: 'carried',
      kind: 'target',
      state: { service: 'web', attemptTimes: [ms], attemptsSinceHealthy: 1, failuresInRow: 0 },
    },
  ];
  return pick(random, bodies);
}

/** Lines of a log about some hundred incidents, over midnight. */
export function randomLines(random: Random, count: number): string[] {
  return Array.from({ length: count }, (_, seq) => {
    const ms = seq * 100 + Math.floor(random() * 3) * 10_000;
    const newest = Math.floor((seq * 100) / count);
    const incident = `${String(Math.floor(newest * (1 - random() ** 3))).padStart(16, '0')}-mjv${pick(random, ['a', 'b'])}`;
    const rest =
      random() < 0.05 ? { incident: null, ...botBody(random, ms) } : { incident, ...body(random, incident, ms) };
    return JSON.stringify({ v: 1, seq, at: time(ms), ...rest });
  });
}

/** What a bad disk, a person with an editor or another program makes of a line. */
export function damaged(line: string, random: Random): string {
  const at = 1 + Math.floor(random() * (line.length - 2));
  const kinds: (() => string)[] = [
    () => line.slice(0, at),
    () => line.slice(at),
    () => `${line.slice(0, at)}\u0000\u0000${line.slice(at + 2)}`,
    () => line.replace('"v":2', '"v":3'),
    () => line.replace('"seq":', '"seq":0'),
    () => line.replace(/"at":"\d{4}/, '"at":"20x6'),
    () => line.replace('{"v":2,', '{ "v": 2, '),
    () => line.replace('}', ',"type":"resolved"}'),
    () => '',
  ];
  return pick(random, kinds)();
}
