import type { HealerStats, IncidentSummary } from '../../src/healer/healer.ts';
import type { Progress, ServicesView } from '../../src/healer/views.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import type { RepairWindow } from '../../src/incidents/repair-stats.ts';
import { ApiProblem, ask, describeError, mayPass, retryMs } from './api.ts';
import { set, state } from './store.ts';
import { followStream } from './stream.ts';
import { announce } from './words.ts';

const openPage = 100;
const recentPage = 8;
const leftPage = 20;
/** Events come by the hundred; the lists are read again once for many of them. */
const restMs = 700;

type EventListener = (event: IncidentEvent) => void;
const eventListeners = new Set<EventListener>();

/** Calls `listener` with every event of the log as it happens. Returns the function that ends it. */
export function onIncidentEvent(listener: EventListener): () => void {
  eventListeners.add(listener);
  return () => void eventListeners.delete(listener);
}

/** Reads what every view needs, and keeps it true from then on. */
export function goLive(): void {
  void followStream({
    onReady: (data) => {
      const { now, status } = data as { now: string; status: HealerStats };
      set({ clockOffsetMs: Date.parse(now) - Date.now(), status, connection: { state: 'live' } });
      refresh();
    },
    onEvent: (type, data) => {
      if (type === 'status') set({ status: data as HealerStats });
      else if (type === 'services') set({ services: data as ServicesView });
      else if (type === 'progress') addProgress(data as Progress);
      else if (type === 'gap') onGap();
      else onLogEvent(data as IncidentEvent);
    },
    onLost: () => {
      if (state.connection.state !== 'lost') set({ connection: { state: 'lost', since: Date.now() } });
    },
  });
}

function onGap(): void {
  set({ gapAt: Date.now() });
  refresh();
}

function onLogEvent(event: IncidentEvent): void {
  for (const listener of eventListeners) listener(event);
  const words = announce(event, state.open ?? []);
  if (words !== undefined) set({ announcement: words });
  if (event.type === 'verified' || event.type === 'relapsed') statsDirty = true;
  refresh();
}

const keptIncidents = 50;
const keptLines = 60;

function addProgress(line: Progress): void {
  const progress = new Map(state.progress);
  const lines = progress.get(line.incident) ?? [];
  progress.delete(line.incident);
  progress.set(line.incident, [...lines.slice(1 - keptLines), line]);
  const [oldest] = progress.keys();
  if (progress.size > keptIncidents && oldest !== undefined) progress.delete(oldest);
  set({ progress });
}

let statsDirty = true;
let reading = false;
let again = false;

/** Reads the lists: at once, and while many events come, once in a while. */
export function refresh(): void {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  const began = performance.now();
  void read().then(() => {
    // A bot that takes long to answer is asked less often.
    const pauseMs = Math.max(restMs, 5 * (performance.now() - began));
    setTimeout(() => {
      reading = false;
      if (!again) return;
      again = false;
      refresh();
    }, pauseMs);
  });
}

async function read(): Promise<void> {
  const wantsStats = statsDirty;
  statsDirty = false;
  try {
    const [open, recent, left, status] = await Promise.all([
      ask<{ items: IncidentSummary[] }>(`/incidents?open=true&limit=${openPage}`),
      ask<{ items: IncidentSummary[] }>(`/incidents?open=false&limit=${recentPage}`),
      ask<{ items: IncidentSummary[] }>(`/incidents?open=false&status=firing&limit=${leftPage}`),
      ask<HealerStats>('/status'),
    ]);
    set({ open: open.items, recent: recent.items, left: left.items, status, problem: undefined });
    if (wantsStats || state.windows === undefined)
      set({ windows: (await ask<{ windows: RepairWindow[] }>('/stats')).windows });
    if (state.services === undefined)
      set({ services: await ask<ServicesView>('/services'), links: await ask('/links') });
  } catch (error) {
    statsDirty ||= wantsStats;
    if (error instanceof ApiProblem && error.status === 401) return; // asked again when a person has given the token
    if (error instanceof ApiProblem) set({ problem: describeError(error) });
    if (mayPass(error)) setTimeout(refresh, retryMs); // no event may come that would have it read again
  }
}
