import { createFakeClock, type FakeClock } from '@stack/test-kit/fake-clock';
import { pino } from 'pino';
import type { Alert } from '../../src/alerts/alert.ts';
import type { HealerTiming } from '../../src/healer/core.ts';
import { createHealer } from '../../src/healer/create-healer.ts';
import type { Healer, HealerMetrics, IntakeResult, Notification } from '../../src/healer/healer.ts';
import type { IncidentEvent, NewEvent } from '../../src/incidents/event.ts';
import type { Channel } from '../../src/notify/channel.ts';
import type { Policy } from '../../src/runbooks/runbook.ts';
import type { AlertReport, AlertSource, AlertState } from '../../src/verify/alert-source.ts';
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.ts';
import { createDisk, type Disk } from './memory-log.ts';
import { policy as shipped, start } from './world.ts';

/** One thing that a person must hear. */
export interface Call {
  kind: 'escalated' | 'approval_needed';
  incident: string;
  text?: string;
}

export interface Bot {
  healer: Healer;
  clock: FakeClock;
  runtime: FakeRuntime;
  disk: Disk;
  /** What Prometheus says about each alert by its name; `gone` when nothing is said. */
  alerts: Record<string, AlertState>;
  /** What else those who are asked say, by the alert's name. */
  reports: Map<string, Partial<AlertReport>>;
  notifications: Notification[];
  /** What a person must hear, as the log has it. */
  calls: Call[];
  metrics: Record<string, number>;
  /** Delivers alerts and gives the reasons. */
  deliver(...alerts: Alert[]): Promise<string[]>;
  results(...alerts: Alert[]): Promise<IntakeResult[]>;
  /** `type` or `type:word` of every event, without those of the bot as a whole. */
  story(): string[];
  /** New runbooks are in force. */
  reload(policy: Policy): void;
  /** A new bot on the same disk and containers, as after `kill -9`. */
  restarted(more?: Partial<BotOptions>): Promise<Bot>;
}

export interface BotOptions {
  clock?: FakeClock;
  runtime?: FakeRuntime;
  disk?: Disk;
  alerts?: Record<string, AlertState>;
  reports?: Map<string, Partial<AlertReport>>;
  policy?: Policy;
  alertSource?: AlertSource;
  channels?: readonly Channel[];
  timing?: Partial<HealerTiming>;
}

/** A healer on a fake clock, containers in memory and a disk in memory, started. */
export async function createBot(options: BotOptions = {}): Promise<Bot> {
  const clock = options.clock ?? createFakeClock(start);
  const runtime = options.runtime ?? createFakeRuntime(clock);
  const disk = options.disk ?? createDisk();
  const alerts = options.alerts ?? {};
  const notifications: Notification[] = [];
  const calls: Call[] = [];
  const metrics: Record<string, number> = {};
  const reports = options.reports ?? new Map<string, Partial<AlertReport>>();
  let policy = options.policy ?? shipped;
  const alertSource: AlertSource = options.alertSource ?? {
    configured: true,
    look: async ({ labels: { alertname = '' } }) => ({ state: alerts[alertname] ?? 'gone', ...reports.get(alertname) }),
    status: () => [],
    probe: async () => undefined,
  };
  const healer = createHealer({
    openLog: (memory) => disk.open(memory),
    runtime,
    alertSource,
    runbooks: {
      current: () => policy,
      status: () => ({ loadedAt: start, lastError: null, count: 0 }),
      stop: () => undefined,
    },
    clock,
    logger: pino({ level: 'silent' }),
    notifier: { notify: (message) => void notifications.push(message) },
    channels: options.channels ?? [],
    metrics: countingMetrics(metrics),
    version: 'test',
    ...(options.timing ? { timing: options.timing } : {}),
  });
  healer.subscribe((event) => void calls.push(...callsIn(event)));
  await healer.start();
  const results = (...delivered: Alert[]) => healer.intake({ alerts: delivered, truncatedAlerts: 0 });
  return {
    healer,
    clock,
    runtime,
    disk,
    alerts,
    reports,
    notifications,
    calls,
    metrics,
    results,
    deliver: async (...delivered) => (await results(...delivered)).map(({ reason }) => reason),
    story: () => disk.events.filter(({ incident }) => incident !== null).map(wordOf),
    reload: (changed) => {
      policy = changed;
    },
    restarted: (more = {}) => createBot({ ...options, policy, clock, runtime, disk, alerts, reports, ...more }),
  };
}

function callsIn(event: IncidentEvent): Call[] {
  if (event.type === 'escalated') return [{ kind: 'escalated', incident: event.incident, text: event.message }];
  const asks = event.type === 'decided' && event.reason === 'awaiting_approval';
  return asks ? [{ kind: 'approval_needed', incident: event.incident }] : [];
}

function wordOf(event: NewEvent): string {
  const words = event as { type: string; reason?: string; outcome?: string; found?: string; by?: string; ok?: boolean };
  const detail = ['escalated', 'relapsed'].includes(words.type)
    ? undefined
    : (words.reason ?? words.outcome ?? words.found ?? words.by ?? words.ok);
  return detail === undefined ? words.type : `${words.type}:${detail}`;
}

function countingMetrics(counts: Record<string, number>): HealerMetrics {
  const count = (name: string, times = 1) => {
    counts[name] = (counts[name] ?? 0) + times;
  };
  return {
    alertReceived: (status, times) => count(`received ${status}`, times),
    decided: (reason, times) => count(`decided ${reason}`, times),
    detected: () => count('detected'),
    acted: (seconds) => {
      count('acted');
      count('acted seconds', seconds);
    },
    verified: () => count('verified'),
    healed: () => count('healed'),
    actionDone: ({ type, target, purpose }, ok) => count(`${type} ${target} ${purpose} ${ok ? 'done' : 'not done'}`),
    actionFinished: ({ type, target, purpose }, outcome) => count(`${type} ${target} ${purpose} ${outcome}`),
    escalated: ({ target }) => count(`escalated ${target}`),
    targetsKnown: () => undefined,
    notified: (channel, result, times) => count(`${channel} ${result}`, times),
    logFailed: () => count('log failed'),
  };
}
